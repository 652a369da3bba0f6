"""The whole product while a model is deployed: processes are killed in the middle, and the old version judges on."""

import signal
import time
from typing import Any

import pytest
import requests

from tests.live_stack import LiveStack, eventually, wafer_png

pytestmark = [pytest.mark.stack]
MODEL = "models/visual_defects/"


class Serving:
    """What judges, as a model engineer sees and changes it."""

    def __init__(self, stack: LiveStack) -> None:
        self._address = f"{stack.api}/{MODEL}"
        self._session = stack.session("model_engineer")

    def status(self) -> dict[str, Any]:
        return self._session.get(f"{self._address}status/", timeout=10).json()

    def champion(self) -> str:
        return self.status()["routes"][0]["champion"]

    def state_of(self, version: str) -> str | None:
        return next((row["state"] for row in self.status()["versions"] if row["version"] == version), None)

    def other(self) -> str:
        """A version that may judge and is not loaded."""
        known = self._session.get(f"{self._address}versions/", timeout=10).json()["results"]
        return next(
            row["version"] for row in known if row["status"] == "validated" and not self.state_of(row["version"])
        )

    def ask(self, what: str, **values: str) -> requests.Response:
        return self._session.post(f"{self._address}{what}/", json=values, timeout=20)


def judged_by(stack: LiveStack, session: requests.Session, seed: int) -> str:
    """The version that judges an image nobody has sent before; one that waits for Triton is waited for."""
    answer = session.post(
        f"{stack.api}/inference/predict/",
        files={"image": (f"{seed}.png", wafer_png(seed), "image/png")},
        data={"lot": "DEPLOYED"},
        timeout=30,
    )
    assert answer.status_code in (200, 202), answer.text
    (run,) = stack.runs_settled(session, [answer.json()["id"]], within_s=60)
    return run["version"]


class TestADeploymentWhoseProcessesAreKilled:
    def test_leaves_the_old_version_judging_goes_on_by_itself_and_is_rolled_back_in_a_moment(self, live_stack):
        serving, operator = Serving(live_stack), live_stack.session()
        old, new = serving.champion(), serving.other()
        live_stack.kill("triton", with_signal=signal.SIGSTOP)
        try:
            assert serving.ask("deploy", version=new).status_code == 202
            eventually(lambda: serving.state_of(new) == "loading", within_s=30, what="the loading to begin")
            before = [live_stack.kill(name) for name in ("worker", "web")]
            for one in before:
                live_stack.wait_for_restart(one)
            assert (serving.champion(), serving.state_of(new)) == (old, "loading")
        finally:
            live_stack.kill("triton", with_signal=signal.SIGCONT)

        assert judged_by(live_stack, operator, 7000) in (old, new)
        eventually(lambda: serving.champion() == new, within_s=60, what=f"{new} to judge")
        # A route is remembered for a second.
        eventually(lambda: judged_by(live_stack, operator, time.monotonic_ns()) == new, within_s=20, what=f"{new}")

        began_s = time.monotonic()
        back = serving.ask("rollback", reason="worse")
        eventually(lambda: judged_by(live_stack, operator, time.monotonic_ns()) == old, within_s=20, what=f"{old}")
        took_s = time.monotonic() - began_s

        assert (back.status_code, back.json()["version"], serving.champion()) == (200, old, old)
        assert took_s < 5
