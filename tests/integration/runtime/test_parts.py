"""The small parts of the supervisor, each on its own."""

import json
import stat
import tempfile
from pathlib import Path

import pytest

from runtime import keys, logs, ports, postgres, privileges, state
from runtime.layout import Layout
from runtime.once import Once
from runtime.state import Lock, Locked, State

pytestmark = pytest.mark.runtime


class TestPorts:
    def test_are_free_different_and_below_the_ephemeral_ones(self):
        chosen = ports.choose(["a", "b", "c"], remembered={})

        assert len(set(chosen.values())) == 3
        assert all(port in ports.CHOICE and ports.is_free(port) for port in chosen.values())

    def test_never_give_one_number_to_two_names(self):
        chosen = ports.choose(["a", "b"], remembered={"a": 21234, "b": 21234})

        assert chosen["a"] != chosen["b"]


class TestLogs:
    def test_are_cut_where_they_are_and_kept_three_times(self, tmp_path):
        path = tmp_path / "web.log"
        with path.open("ab") as writer:
            for number in range(5):
                writer.write(f"{number}".encode() * 20)
                writer.flush()
                logs.rotate(tmp_path, max_bytes=10)
            writer.write(b"after")

        assert path.read_bytes() == b"after"
        kept = [(tmp_path / f"web.log.{age}").read_text()[0] for age in (1, 2, 3)]
        assert kept == ["4", "3", "2"]
        assert not (tmp_path / "web.log.4").exists()

    def test_show_only_their_end(self, tmp_path):
        (tmp_path / "web.log").write_text("".join(f"line {number}\n" for number in range(100)))

        assert logs.tail(tmp_path / "web.log", lines=2) == ["line 98", "line 99"]
        assert logs.tail(tmp_path / "none.log", lines=2) == []


class TestPostgres:
    def test_of_a_server_that_does_not_answer_nothing_is_known(self, tmp_path, monkeypatch):
        silent = tmp_path / "psql"
        silent.write_text("#!/bin/sh\nexec sleep 60\n")
        silent.chmod(0o755)
        monkeypatch.setattr(postgres, "FINGERPRINT_WITHIN_S", 0.2)
        layout = Layout(var_dir=tmp_path)
        server = postgres.Postgres(layout=layout, keys=keys.load_or_make(layout.keys_path), port=1, scratch=True)
        monkeypatch.setattr(server, "_bin", tmp_path)

        assert server.fingerprint() == ""


class TestState:
    def test_comes_back_as_it_was_written(self, tmp_path):
        written = State(
            instance="abc", phase="up", ports={"web": 8000}, processes=[state.ProcessState("web", "service", "ready")]
        )
        state.write(tmp_path / "state.json", written)

        assert state.read(tmp_path / "state.json") == written

    @pytest.mark.parametrize("content", ["", "{", "[]", json.dumps({"unknown": 1})])
    def test_a_spoilt_file_is_an_empty_state(self, tmp_path, content):
        (tmp_path / "state.json").write_text(content)

        assert state.read(tmp_path / "state.json") == State()

    def test_an_instance_has_one_supervisor(self, tmp_path):
        first = Lock(tmp_path / "lock")
        first.take()

        with pytest.raises(Locked):
            Lock(tmp_path / "lock").take(wait_s=0.05)

        first.release()
        Lock(tmp_path / "lock").take()


class TestLayout:
    def test_closes_the_folders_it_finds_open_to_other_users(self, tmp_path):
        layout = Layout(var_dir=tmp_path / "var")
        (layout.storage_dir / "original").mkdir(parents=True)

        layout.make()

        assert stat.S_IMODE(layout.storage_dir.stat().st_mode) == 0o700
        assert stat.S_IMODE(layout.var_dir.stat().st_mode) & 0o066 == 0

    def test_lets_a_server_through_that_refuses_root_without_a_capability(self, open_tmp_path):
        layout = Layout(var_dir=open_tmp_path / "var")
        layout.make()
        layout.postgres_dir.mkdir()

        identity = privileges.unprivileged(reach=[layout.postgres_dir], owner_of=open_tmp_path)

        assert identity is None or identity.capability is None

    @pytest.fixture
    def open_tmp_path(self):
        """A folder that everybody can reach, as a project's may be; `tmp_path` is closed already."""
        with tempfile.TemporaryDirectory(dir="/tmp") as folder:
            Path(folder).chmod(0o755)
            yield Path(folder)


class TestOnce:
    def test_a_task_is_due_until_done_and_again_for_another_database(self, tmp_path):
        database = ["one"]
        once = Once(tmp_path / "done.json", database=lambda: database[0])
        before = once.is_due("migrate")
        once.done("migrate")

        assert before is True
        assert once.is_due("migrate") is False
        assert once.is_due("seed") is True
        database[0] = "another"
        assert once.is_due("migrate") is True

    def test_it_is_always_due_where_the_database_cannot_be_asked(self, tmp_path):
        once = Once(tmp_path / "done.json", database=lambda: "")
        once.done("migrate")

        assert once.is_due("migrate") is True

    def test_a_task_is_due_again_when_a_file_it_depends_on_changes(self, tmp_path):
        style = tmp_path / "page.css"
        style.write_text("a")
        once = Once(tmp_path / "done.json", database=lambda: "none", watched=lambda: [style])
        once.done("static")
        before = once.is_due("static")

        style.write_text("b")

        assert before is False
        assert once.is_due("static") is True

    def test_another_password_is_another_story_and_cannot_be_read(self, tmp_path):
        Once(tmp_path / "done.json", database=lambda: "one", also="salt\0demo").done("seed")

        assert Once(tmp_path / "done.json", database=lambda: "one", also="salt\0other").is_due("seed") is True
        assert "demo" not in (tmp_path / "done.json").read_text()
