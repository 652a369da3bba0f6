"""docker-compose.yml and the supervisor make the same house: the same variables, the same way of running it."""

import re
from pathlib import Path

import pytest
import yaml

from config import env
from core.roles import Role
from runtime import commands, environment, postgres, redis, web, worker
from runtime.keys import Keys
from runtime.layout import Layout
from runtime.triton import Triton

PROJECT_DIR = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((PROJECT_DIR / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
APP = ("migrate", "web", "worker", "trainer", "beat")
PORTS = {
    "postgres": 1, "redis": 2, "triton_grpc": 3, "triton_http": 4, "triton_metrics": 5, "web": 6, "worker_metrics": 7,
}  # fmt: skip


def runtime_variables(monkeypatch) -> dict[str, str]:
    for variable in env.VARIABLES:
        monkeypatch.delenv(variable.name, raising=False)
    return environment.for_django(
        layout=Layout(var_dir=Path("/srv/waferdeck/var")),
        keys=Keys(django="k", postgres="p", postgres_owner="o", postgres_app="a", redis="r"),
        ports=PORTS,
        servers={"postgres", "redis", "triton"},
    )


class TestVariables:
    @pytest.mark.parametrize("service", APP)
    def test_are_the_same_as_the_supervisor_s(self, service, monkeypatch):
        assert set(SERVICES[service]["environment"]) == set(runtime_variables(monkeypatch))

    def test_are_all_known_to_the_settings(self, monkeypatch):
        assert set(runtime_variables(monkeypatch)) <= {variable.name for variable in env.VARIABLES}

    def test_name_servers_in_the_same_form(self, monkeypatch):
        of_runtime, of_compose = runtime_variables(monkeypatch), SERVICES["web"]["environment"]

        def form(value: str) -> str:
            without_values = re.sub(r"\$\{[^}]*\}", "x", value)
            return re.sub(
                r"//[^@/]*@", "//user:password@", re.sub(r"(127\.0\.0\.1|[a-z]+):\d+", "host:port", without_values)
            )

        for name in ("DATABASE_URL", "DATABASE_MIGRATION_URL", "REDIS_URL", "TRITON_GRPC_URL", "TRITON_HTTP_URL"):
            assert form(of_compose[name]) == form(of_runtime[name]), name

    def test_no_secret_has_a_default(self):
        secret = re.compile(r"\$\{\w*(?:PASSWORD|SECRET|KEY)\w*(:[^?][^}]*)?\}")

        assert [found.group(0) for found in secret.finditer((PROJECT_DIR / "docker-compose.yml").read_text())] == []


class TestServices:
    def test_are_the_production_set(self):
        assert set(SERVICES) == {*APP, "postgres", "redis", "triton", "storage", "prometheus"}

    @pytest.mark.parametrize("service", sorted(set(SERVICES) - {"migrate"}))
    def test_each_says_whether_it_is_healthy_and_comes_back(self, service):
        assert SERVICES[service]["healthcheck"]["test"]
        assert SERVICES[service]["restart"] == "unless-stopped"

    @pytest.mark.parametrize("service", ["postgres", "redis", "triton", "storage", "beat", "prometheus"])
    def test_what_must_last_is_in_a_volume(self, service):
        names = {volume.split(":")[0] for volume in SERVICES[service]["volumes"]}

        assert names & set(COMPOSE["volumes"])

    def test_only_the_web_server_is_published(self):
        assert [name for name, service in SERVICES.items() if "ports" in service] == ["web"]
        assert COMPOSE["networks"]["servers"]["internal"] is True
        assert SERVICES["triton"]["networks"] == ["servers"]

    @pytest.mark.parametrize("service", ["postgres", "redis", "triton", "storage", "prometheus"])
    def test_images_are_pinned(self, service):
        tag = SERVICES[service]["image"].rpartition(":")[2]

        assert any(character.isdigit() for character in tag)

    def test_triton_may_not_write_models(self):
        assert "models:/models:ro" in SERVICES["triton"]["volumes"]


class TestPrometheus:
    def test_finds_every_worker_where_workers_serve_their_figures(self):
        config = yaml.safe_load((PROJECT_DIR / "docker" / "prometheus.yml").read_text())
        (found,) = next(job for job in config["scrape_configs"] if job["job_name"] == "worker")["dns_sd_configs"]
        address = SERVICES["worker"]["environment"]["WORKER_METRICS_ADDRESS"]

        assert found["names"] == ["worker"]
        assert env.host_and_port(address) == ("0.0.0.0", found["port"])
        assert SERVICES["worker"]["networks"] == ["servers"]


class TestWaysOfRunning:
    def test_triton_has_the_same_options(self, tmp_path):
        ports = {name: number for name, number in PORTS.items() if name.startswith("triton")}
        argv = Triton(layout=Layout(var_dir=tmp_path), ports=ports, instance="x", scratch=False).spec().command().argv
        own = re.compile(
            r"--(http|grpc|metrics)-(address|port)|--(model-repository|\w+-directory|backend-config|http-thread)"
        )
        of_runtime = {option for option in argv[1:] if not own.match(option)}
        of_compose = set(SERVICES["triton"]["command"][1:]) - {"--model-repository=/models"}

        assert of_compose == of_runtime

    def test_postgres_has_the_same_settings_where_it_has_any(self):
        options = dict(option.removeprefix("--").split("=") for option in SERVICES["postgres"]["command"][1:])
        # More memory in production.
        del options["shared_buffers"]

        assert options.items() <= postgres.SETTINGS.items()
        assert "--data-checksums" in SERVICES["postgres"]["environment"]["POSTGRES_INITDB_ARGS"]

    def test_redis_never_throws_a_message_away(self):
        command = SERVICES["redis"]["command"][-1]

        for option in ("--appendonly yes", "--appendfsync everysec", "--maxmemory-policy noeviction"):
            assert option in command
        assert f"--maxmemory {redis.MEMORY_LIMIT}" in command

    def test_the_web_server_has_the_same_limits(self):
        command = SERVICES["web"]["command"]

        assert command[:2] == ["uvicorn", web.APPLICATION]
        assert f"--ws-max-size={web.MESSAGE_MAX_BYTES}" in command
        assert f"--timeout-graceful-shutdown={web.DRAIN_S}" in command

    def test_the_workers_are_started_the_same_way(self, tmp_path):
        spec = worker.worker_spec(environment={}, folder=tmp_path, ports={}, after=())
        of_runtime = [str(argument) for argument in spec.command().argv]

        assert SERVICES["worker"]["command"][1:] == of_runtime[of_runtime.index("-A") :]

        spec = worker.trainer_spec(environment={}, folder=tmp_path, after=())
        of_runtime = [str(argument) for argument in spec.command().argv]

        assert SERVICES["trainer"]["command"][1:] == of_runtime[of_runtime.index("-A") :]


class TestWhatIsSaid:
    def test_the_users_named_at_the_start_are_those_that_are_made(self):
        source = (PROJECT_DIR / "demo" / "site.py").read_text()
        named = [user.split()[0] for user in commands.DEMO_USERS]

        assert named[:-3] == [role.value for role in Role]
        assert all(f'"{user}"' in source for user in named[-3:])


class TestRequirements:
    def test_the_lock_holds_the_same_pins_with_digests(self):
        pin = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)(.*)$", re.MULTILINE)

        def pins(name: str) -> dict[str, str]:
            found = pin.findall((PROJECT_DIR / name).read_text())
            return {re.sub(r"[-_.]+", "-", each[0]).lower(): each[1] for each in found if "win32" not in each[2]}

        lock = (PROJECT_DIR / "requirements.lock").read_text()
        assert pins("requirements.lock") == pins("requirements.txt")
        assert all("--hash=sha256:" in entry for entry in re.split(r"\n(?=[A-Za-z])", lock)[1:])

    def test_everything_is_pinned(self):
        for name in ("requirements.txt", "requirements-dev.txt"):
            lines = (PROJECT_DIR / name).read_text().splitlines()
            loose = [line for line in lines if line and line[0] not in "#-" and "==" not in line]
            assert loose == [], name
