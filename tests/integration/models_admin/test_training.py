"""Training runs: asked for, supervised, kept, ended, and what comes of them."""

import ast
import hashlib
import json
import subprocess
import sys
import textwrap
import time
from datetime import timedelta
from pathlib import Path

import cv2
import pytest
from django.utils.timezone import now as real_now

from accounts.models import Site
from core import image_store
from core.actors import Actor
from core.errors import IllegalTransition, Invalid, NotFound
from demo.synthetic import CLASS_CODES, draw_scene
from domain.datasets.manifest import header_line, image_line
from domain.datasets.records import Header, Split
from models_admin import selectors, services
from models_admin.choices import PointKind, VersionStatus, WorkState
from models_admin.errors import VersionTaken
from models_admin.models import TrainingRun
from models_admin.models.training import LONGEST_LOG
from models_admin.selectors.training import curve_of, log_of, training_run
from models_admin.services import training_keeping as keeping
from models_admin.services import training_run as carrying
from models_admin.services import work
from models_admin.trainer.process import Trainer
from tests.data_sets import make_object, make_record
from tests.integration.models_admin.conftest import ACTOR

pytestmark = pytest.mark.usefixtures("committed")
ZOO = Path(__file__).resolve().parents[3] / "model_zoo"
SETTINGS = {"seed": 3, "steps": 2, "rate": 1e-4, "replay_share": 0.5, "scenes": 2}


@pytest.fixture
def site():
    return Site.objects.create(code="fab", name="Fab")


@pytest.fixture
def frozen(site):
    """A frozen data set in the store, a few drawn pictures per split; its digest."""
    lines = [header_line(Header("fab", CLASS_CODES, seed=0, shares=(0.7, 0.15, 0.15)))]
    for number, (split, lot) in enumerate([(Split.TRAIN, "L1")] * 3 + [(Split.VALIDATION, "L2"), (Split.TEST, "L3")]):
        scene = draw_scene(seed=(900, number), size_px=(320, 320), crowding=3.0, roughness=0.05)
        content = cv2.imencode(".png", scene.pixels)[1].tobytes()
        key = image_store.put(content, kind="original", suffix=".png")
        objects = tuple(
            make_object(CLASS_CODES[index], tuple(map(float, box)), number=place)
            for place, (box, index) in enumerate(zip(scene.boxes_px, scene.class_index, strict=True))
        )
        values = {"width_px": 320, "height_px": 320, "split": split, "lot": lot, "objects": objects}
        lines.append(image_line(make_record(number, sha256=Path(key).stem, **values)))
    content = b"".join(lines)
    image_store.put(content, kind="dataset", suffix=".jsonl")
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def base(registered, settings, tmp_path):
    """A version that a training can begin with: its weights ship beside it."""
    version = registered("1.0.0")
    folder = tmp_path / "zoo" / "visual_defects" / "1.0.0"
    folder.mkdir(parents=True)
    (folder / "model.json").write_text(json.dumps(version.metadata))
    (folder / "weights.pt").write_bytes(b"weights")
    settings.MODEL_ZOO_DIR = tmp_path / "zoo"
    settings.TRAINING_DIR = tmp_path / "training"
    return version


@pytest.fixture
def asked(base, frozen):
    return start(frozen)


def start(frozen, *, actor=ACTOR, now=None, **values):
    run, _ = services.start_training(
        model_name="visual_defects", dataset_sha256=frozen, actor=actor, now=now or real_now(),
        **{"base": "1.0.0", "settings": SETTINGS, **values},
    )  # fmt: skip
    return run


def carry_out(run, *, is_stopping=lambda: False):
    return services.carry_out_training(run_id=run.pk, actor=ACTOR, clock=real_now, is_stopping=is_stopping)


def stored(run):
    return TrainingRun.objects.get(pk=run.pk)


def whole_log(run):
    return log_of(stored(run), offset=0)["text"]


@pytest.fixture
def trainer_says(monkeypatch):
    """A stand-in for what is trained: a real process that runs these lines of Python."""

    def says(lines):
        monkeypatch.setattr(carrying, "_arguments", lambda run, folder: ["-c", textwrap.dedent(lines)])
        monkeypatch.setattr(keeping, "FLUSH_S", 0.0)
        monkeypatch.setattr(carrying, "TICK_S", 0.05)

    return says


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def wait_until(holds, *, within_s=20.0):
    until_s = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < until_s
        time.sleep(0.02)


class TestAsking:
    def test_takes_the_next_numbers_and_the_site_of_the_data_set(self, asked, site):
        assert (asked.version, asked.int8_version, asked.site) == ("1.1.0", "1.1.1", site)
        assert (asked.state, asked.steps, asked.dataset_sha256) == (WorkState.QUEUED, 2, asked.dataset_sha256)

    def test_the_same_twice_is_one_run(self, asked, frozen):
        again, is_new = services.start_training(
            model_name="visual_defects", base="1.0.0", dataset_sha256=frozen, settings=SETTINGS, actor=ACTOR,
            now=real_now(),
        )  # fmt: skip

        assert (again.pk, is_new) == (asked.pk, False)
        assert start(frozen, settings={**SETTINGS, "seed": 4}).version == "1.2.0"

    def test_is_refused_where_it_could_only_fail(self, base, frozen, registered):
        registered("1.0.1", seed=8)
        elsewhere = Actor(user_id=None, username="eve", site_ids=frozenset())
        for fields, fault, name in (
            ({"frozen": "0" * 64}, Invalid, "dataset_sha256"),
            ({"actor": elsewhere}, Invalid, "dataset_sha256"),
            ({"base": "1.0.1"}, Invalid, "base"),
            ({"version": "1.0.0"}, VersionTaken, ""),
            # Its INT8 form would be 1.0.1.
            ({"version": "0.9.0", "settings": {**SETTINGS, "steps": 10**6}}, Exception, "steps"),
        ):
            with pytest.raises(fault) as refused:
                start(fields.pop("frozen", frozen), **fields)
            assert not name or name in str(getattr(refused.value, "fields", refused.value))
        assert not TrainingRun.objects.exists()

    def test_two_runs_do_not_make_one_version(self, asked, frozen):
        with pytest.raises(VersionTaken, match=r"1\.1\.0"):
            start(frozen, version="1.1.0", settings={**SETTINGS, "seed": 4})

    def test_other_sites_do_not_see_it(self, asked, site):
        here, elsewhere = (Actor(user_id=None, username="eve", site_ids=ids) for ids in ({site.pk}, {site.pk + 1}))

        assert training_run(here, asked.pk) == asked
        with pytest.raises(NotFound):
            training_run(elsewhere, asked.pk)


class TestSupervising:
    def test_keeps_what_it_says_and_why_it_failed(self, asked, trainer_says):
        trainer_says(
            """
            print('{"phase": "fitting", "step": 0, "device": "CPU, 2 cores"}')
            print('{"step": 1, "total": 2.5, "box": 0.5, "s": 1.0}')
            print('{"step": 1, "metrics": {"map50_new": 0.25, "map50_old": NaN}}')
            raise RuntimeError("the disk is full")
            """
        )

        failed = carry_out(asked)

        assert (failed.state, failed.error_code) == (WorkState.FAILED, "trainer_failed")
        assert "the disk is full" in failed.error_detail
        assert (failed.device, failed.steps_done) == ("CPU, 2 cores", 1)
        assert curve_of(failed) == {
            PointKind.LOSS: [{"step": 1, "total": 2.5, "box": 0.5, "s": 1.0}],
            PointKind.METRICS: [{"step": 1, "map50_new": 0.25}],
        }
        assert "Learning." in whole_log(asked)
        assert "RuntimeError: the disk is full" in whole_log(asked)
        assert not (carrying.folder_of(asked) / "data").exists(), "pictures lie there only while they are learned from"

    def test_the_log_is_read_on_from_anywhere_and_has_an_end(self, asked, trainer_says, monkeypatch):
        monkeypatch.setattr(keeping, "LONGEST_LOG", 3000)
        trainer_says("for number in range(60): print(number, 'x' * 80)")

        run = carry_out(asked)
        text = whole_log(run)
        parts, offset = "", 0
        while piece := log_of(run, offset=offset)["text"][:700]:
            parts, offset = parts + piece, offset + len(piece)

        assert parts == text
        assert (len(text), run.log_length) == (3000, 3000)
        assert text.endswith("--- the rest is not kept\n")
        assert LONGEST_LOG == 2**20

    def test_ends_with_its_process_when_cancelled_and_goes_on_when_resumed(self, asked, trainer_says):
        trainer_says(
            """
            import os, subprocess, time
            child = subprocess.Popen(["sleep", "600"])
            print(f"PIDS {os.getpid()} {child.pid}", flush=True)
            time.sleep(600)
            """
        )
        pids = []

        def asks_for_an_end():
            if not pids and "PIDS" in whole_log(asked):
                pids.extend(int(part) for part in whole_log(asked).split("PIDS ")[1].split()[:2])
                assert all(map(is_alive, pids))
                services.cancel_training(run_id=asked.pk, actor=ACTOR, now=real_now())
            return False

        ended = carry_out(asked, is_stopping=asks_for_an_end)

        assert ended.state == WorkState.CANCELLED
        wait_until(lambda: not any(map(is_alive, pids)))
        with pytest.raises(IllegalTransition):
            services.cancel_training(run_id=asked.pk, actor=ACTOR, now=real_now())
        assert services.resume_training(run_id=asked.pk, actor=ACTOR, now=real_now()).state == WorkState.QUEUED

    def test_goes_back_to_the_queue_when_the_worker_is_replaced(self, asked, trainer_says):
        trainer_says("import time; print('here', flush=True); time.sleep(600)")

        left = carry_out(asked, is_stopping=lambda: "here" in whole_log(asked))

        assert (left.state, left.failures) == (WorkState.QUEUED, 0)
        assert "goes on from its checkpoint" in left.waiting_for

    def test_nothing_of_it_outlives_a_killed_worker(self, tmp_path):
        lines = f"""
            import sys, time; sys.path.insert(0, {str(ZOO.parent)!r})
            import os; os.environ.update(DJANGO_SETTINGS_MODULE="config.settings")
            from pathlib import Path
            from models_admin.trainer.process import Trainer
            waits = "import time; print(1, flush=True); time.sleep(600)"
            trainer = Trainer(["-c", waits], folder=Path({str(tmp_path)!r}), threads=1)
            next(line for line in trainer.lines(tick_s=1) if line)
            print(trainer.pid, flush=True)
            time.sleep(600)
        """
        worker = subprocess.Popen([sys.executable, "-c", textwrap.dedent(lines)], stdout=subprocess.PIPE)
        pid = int(worker.stdout.readline())
        assert is_alive(pid)

        worker.kill()

        wait_until(lambda: not is_alive(pid))
        worker.wait()
        worker.stdout.close()

    def test_knows_nothing_of_our_secrets(self, tmp_path, monkeypatch):
        monkeypatch.setenv("SECRET_KEY", "for nobody")
        with Trainer(["-c", "import os; print(sorted(os.environ))"], folder=tmp_path, threads=1) as trainer:
            said = "".join(line for line in trainer.lines(tick_s=5) if line)
            assert trainer.wait() == 0

        assert "PATH" in said
        assert not {"SECRET_KEY", "DATABASE_URL", "REDIS_URL"} & set(ast.literal_eval(said))

    def test_a_dead_workers_run_is_taken_over_under_a_new_attempt(self, asked, trainer_says):
        work.claim(TrainingRun, key=asked.pk, actor=ACTOR, now=real_now())
        TrainingRun.objects.update(lease_until=real_now() - timedelta(seconds=1))
        trainer_says("raise SystemExit(3)")

        services.sweep_work(actor=ACTOR, now=real_now())
        taken_over = carry_out(asked)

        assert (taken_over.attempt, taken_over.failures) == (2, 1)
        assert "attempt 2" in whole_log(asked)

    def test_folders_of_runs_that_are_over_are_cleared_away(self, asked):
        folder = carrying.folder_of(asked)
        for path in (folder, folder.with_name("scenes")):
            path.mkdir(parents=True)

        assert services.clear_away_trainings(now=real_now()) == 0
        services.cancel_training(run_id=asked.pk, actor=ACTOR, now=real_now())
        assert services.clear_away_trainings(now=real_now()) == 0
        assert services.clear_away_trainings(now=real_now() + carrying.KEPT_FOR + timedelta(hours=1)) == 1
        assert [path.name for path in folder.parent.iterdir()] == ["scenes"]


def test_teaches_a_version_and_registers_what_comes_of_it(frozen, settings, tmp_path):
    """The whole way with the real trainer: two steps are enough to go through all of it."""
    pytest.importorskip("torch", reason="training needs requirements-training.txt")
    settings.TRAINING_DIR, settings.MODEL_ZOO_DIR = tmp_path / "training", ZOO
    services.register_version(folder=ZOO / "visual_defects" / "2.2.0", actor=ACTOR, now=real_now())
    run = start(frozen, base="2.2.0")

    done = carry_out(run)

    assert (done.state, done.error_detail) == (WorkState.DONE, "")
    fp32, int8 = done.made, done.made_int8
    assert [(one.version, one.precision, one.status) for one in (fp32, int8)] == [
        ("2.3.0", "fp32", VersionStatus.CANDIDATE),
        ("2.3.1", "int8", VersionStatus.CANDIDATE),
    ]
    assert (fp32.parent.version, int8.parent) == ("2.2.0", fp32)
    lineage = fp32.metadata["training"]
    assert (lineage["run"], lineage["dataset"], lineage["images"]) == (str(run.pk), frozen, 3)
    assert lineage["datasets"] == [frozen]
    assert f"manifest SHA-256 `{frozen}`" in fp32.card
    compared = done.result["compared"]
    assert (compared["base"], compared["on"], compared["lots"]) == ("2.2.0", "test", ["L3"])
    assert set(compared["new"]) == {"before", "after", "after_int8", "changes"}
    assert compared["old"]["after"]["per_class"]["scratch"]["recall"].keys() == {"value", "low", "high", "of"}
    assert {point["step"] for point in curve_of(done)["metrics"]} == {0, 1, 2}
    assert not carrying.folder_of(done).exists()
    # What was made can be taught further.
    assert selectors.training.weights_of(int8).key == done.weights_key
    image_store.get(done.weights_key)
