"""Parts are killed while work is under way: nothing is lost, nothing is doubled, and it finishes by itself."""

import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.live_stack import LiveStack, eventually, wafer_png

pytestmark = [pytest.mark.stack]


def _batch(stack: LiveStack, session: requests.Session, *, first_seed: int, count: int, lot: str) -> str:
    files = [
        ("images", (f"{seed}.png", wafer_png(seed), "image/png")) for seed in range(first_seed, first_seed + count)
    ]
    answer = session.post(f"{stack.api}/inference/batch/", files=files, data={"lot": lot}, timeout=60)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def _finished(stack: LiveStack, session: requests.Session, job: str, *, within_s: float) -> dict:
    def over() -> dict | None:
        state = session.get(f"{stack.api}/inference/jobs/{job}/", timeout=10).json()
        return state if state.get("state") == "done" else None

    return eventually(over, within_s=within_s, every_s=0.3, what=f"job {job}")


def _assert_each_image_was_judged_once(stack: LiveStack, session: requests.Session, job: dict, *, count: int) -> None:
    assert (job["done"], job["failed"]) == (count, 0)
    runs = [item["run"] for item in job["items"]]
    assert len(set(runs)) == count
    for run in runs:
        result = session.get(f"{stack.api}/inference/results/{run}/", timeout=10).json()
        ordinals = Counter(found["ordinal"] for found in result["detections"])
        assert set(ordinals) == set(range(result["detection_count"]))
        assert max(ordinals.values(), default=1) == 1


class TestAWorkerIsKilled:
    def test_in_the_middle_of_a_batch_every_image_is_judged_exactly_once(self, live_stack):
        session = live_stack.session()
        job = _batch(live_stack, session, first_seed=1000, count=40, lot="FAULT-WORKER")
        eventually(
            lambda: session.get(f"{live_stack.api}/inference/jobs/{job}/", timeout=10).json()["done"] > 2,
            within_s=30,
            what="work to be under way",
        )

        before = live_stack.kill("worker")

        live_stack.wait_for_restart(before)
        _assert_each_image_was_judged_once(
            live_stack, session, _finished(live_stack, session, job, within_s=60), count=40
        )


class TestTheSameTaskComesManyTimes:
    def test_every_image_is_judged_exactly_once(self, live_stack):
        session = live_stack.session()
        live_stack.kill("worker", with_signal=signal.SIGSTOP)
        try:
            job = _batch(live_stack, session, first_seed=1500, count=30, lot="FAULT-TWICE")
            calls = "from core.jobs import enqueue; assert all([enqueue('inspection.drain') for _ in range(60)])"
            live_stack.manage("shell", "-c", calls)
        finally:
            live_stack.kill("worker", with_signal=signal.SIGCONT)

        _assert_each_image_was_judged_once(
            live_stack, session, _finished(live_stack, session, job, within_s=60), count=30
        )


class TestRedisIsKilled:
    def test_queued_work_is_found_again_and_finishes(self, live_stack):
        session = live_stack.session()
        job = _batch(live_stack, session, first_seed=2000, count=30, lot="FAULT-REDIS")

        before = live_stack.kill("redis")

        live_stack.wait_for_restart(before)
        _assert_each_image_was_judged_once(
            live_stack, session, _finished(live_stack, session, job, within_s=90), count=30
        )

    def test_an_image_sent_while_redis_is_frozen_is_judged_all_the_same(self, live_stack):
        session = live_stack.session()
        live_stack.kill("redis", with_signal=signal.SIGSTOP)
        try:
            answer = session.post(
                f"{live_stack.api}/inference/predict/",
                files={"image": ("a.png", wafer_png(2900), "image/png")},
                timeout=20,
            )
        finally:
            live_stack.kill("redis", with_signal=signal.SIGCONT)

        assert answer.status_code == 200, answer.text
        assert answer.json()["state"] == "done"


class TestTritonIsAway:
    def test_uploads_are_stored_say_why_they_wait_and_finish_by_themselves(self, live_stack):
        session = live_stack.session()
        live_stack.kill("triton", with_signal=signal.SIGSTOP)
        try:
            answers = [
                session.post(
                    f"{live_stack.api}/inference/predict/",
                    files={"image": (f"{seed}.png", wafer_png(seed), "image/png")},
                    data={"lot": "FAULT-TRITON"},
                    timeout=30,
                )
                for seed in range(3000, 3004)
            ]
            ready = requests.get(f"{live_stack.address}/readyz", timeout=10)
        finally:
            live_stack.kill("triton", with_signal=signal.SIGCONT)

        assert {answer.status_code for answer in answers} == {202}
        assert all(answer.json()["state"] == "queued" and answer.json()["waiting_for"] for answer in answers)
        assert all(answer.headers["Retry-After"] for answer in answers)
        assert ready.status_code == 200, "uploads are accepted, so work can be accepted"
        live_stack.runs_settled(session, [answer.json()["id"] for answer in answers], within_s=60)

    def test_a_killed_triton_serves_the_active_model_again_without_a_hand(self, live_stack):
        session = live_stack.session()

        before = live_stack.kill("triton")

        live_stack.wait_for_restart(before)
        answer = session.post(
            f"{live_stack.api}/inference/predict/",
            files={"image": ("b.png", wafer_png(3100), "image/png")},
            timeout=30,
        )
        assert answer.status_code in (200, 202)
        live_stack.runs_settled(session, [answer.json()["id"]], within_s=60)


class TestTheWebServerIsKilled:
    def test_what_was_acknowledged_is_there_and_the_rest_can_be_sent_again(self, live_stack):
        session = live_stack.session()
        seeds = range(4000, 4040)

        def send(seed: int) -> str | None:
            try:
                answer = session.post(
                    f"{live_stack.api}/inference/predict/",
                    files={"image": (f"{seed}.png", wafer_png(seed), "image/png")},
                    data={"lot": "FAULT-WEB", "external_id": f"web-{seed}"},
                    timeout=30,
                )
            except requests.RequestException:
                return None
            return answer.json()["id"] if answer.status_code in (200, 202) else None

        with ThreadPoolExecutor(4) as pool:
            sending = [pool.submit(send, seed) for seed in seeds]
            eventually(lambda: sum(one.done() for one in sending) > 5, within_s=30, what="some to be answered")
            before = live_stack.kill("web")
            acknowledged = [one.result() for one in sending]
        live_stack.wait_for_restart(before)
        again = [send(seed) for seed in seeds]

        kept = [run for run in acknowledged if run]
        assert all(again), "every image can be sent once more"
        assert set(kept) <= set(again), "the same image is the same run"
        live_stack.runs_settled(session, list(dict.fromkeys(run for run in again if run)), within_s=60)


class TestTheSameImageAtOnce:
    def test_twenty_clients_with_one_file_make_one_image_and_one_run(self, live_stack):
        session = live_stack.session()
        image = wafer_png(5000)

        def send(_: int) -> requests.Response:
            return session.post(
                f"{live_stack.api}/inference/predict/",
                files={"image": ("same.png", image, "image/png")},
                data={"lot": "FAULT-SAME", "wafer": "W01"},
                timeout=60,
            )

        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(send, range(20)))

        assert {answer.status_code for answer in answers} <= {200, 202}
        assert len({answer.json()["id"] for answer in answers}) == 1
        assert len({answer.json()["images"][0]["id"] for answer in answers}) == 1
