"""Parts are killed while work is under way: nothing is lost, nothing is doubled, and it finishes by itself."""

import contextlib
import os
import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psutil
import pytest
import requests

from tests.live_stack import LiveStack, eventually, wafer_png

pytestmark = [pytest.mark.stack]
# By itself, from the end of a fault.
RECOVERY_S = 30


Files = list[tuple[str, tuple[str, bytes, str]]]


def _files(first_seed: int, count: int, *, side_px: int = 256) -> Files:
    seeds = range(first_seed, first_seed + count)
    return [("images", (f"{seed}.png", wafer_png(seed, side_px=side_px), "image/png")) for seed in seeds]


def _send(
    stack: LiveStack, session: requests.Session, *, files: Files, label: str, key: str | None = None
) -> requests.Response:
    headers = {"Idempotency-Key": key} if key else {}
    about = {"lot": label, "label": label}
    return session.post(f"{stack.api}/inference/batch/", files=files, data=about, headers=headers, timeout=60)


def _batch(stack: LiveStack, session: requests.Session, *, first_seed: int, count: int, lot: str) -> str:
    answer = _send(stack, session, files=_files(first_seed, count), label=lot)
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


def _until_under_way(stack: LiveStack, session: requests.Session, job: str) -> None:
    eventually(
        lambda: session.get(f"{stack.api}/inference/jobs/{job}/", timeout=10).json()["done"] > 2,
        within_s=30,
        what="work to be under way",
    )


class TestAWorkerIsKilled:
    def test_in_the_middle_of_a_batch_every_image_is_judged_exactly_once(self, live_stack):
        session = live_stack.session()
        job = _batch(live_stack, session, first_seed=1000, count=40, lot="FAULT-WORKER")
        _until_under_way(live_stack, session, job)

        before = live_stack.kill("worker")

        live_stack.wait_for_restart(before)
        _assert_each_image_was_judged_once(
            live_stack, session, _finished(live_stack, session, job, within_s=60), count=40
        )


class TestOneOfTheWorkersProcesses:
    @pytest.mark.parametrize(("fault", "first_seed"), [(signal.SIGKILL, 1100), (signal.SIGSTOP, 1200)])
    def test_that_falls_silent_holds_no_image_up_for_long(self, live_stack, fault, first_seed):
        session = live_stack.session()
        job = _batch(live_stack, session, first_seed=first_seed, count=40, lot=f"FAULT-{fault.name}")
        child = psutil.Process(live_stack.process("worker")["pid"]).children()[-1]
        _until_under_way(live_stack, session, job)

        child.send_signal(fault)
        try:
            finished = _finished(live_stack, session, job, within_s=RECOVERY_S)
        finally:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.send_signal(signal.SIGCONT)

        _assert_each_image_was_judged_once(live_stack, session, finished, count=40)


class TestTheDatabaseIsKilled:
    def test_what_was_being_judged_finishes_by_itself(self, live_stack):
        session = live_stack.session()
        job = _batch(live_stack, session, first_seed=1300, count=40, lot="FAULT-DATABASE")
        _until_under_way(live_stack, session, job)

        live_stack.wait_for_restart(live_stack.kill("postgres"))

        finished = _finished(live_stack, session, job, within_s=RECOVERY_S)
        _assert_each_image_was_judged_once(live_stack, session, finished, count=40)


class TestABatchThatBreaksOff:
    """Whoever sends it again with its key is not kept out; what nobody sends again is soon over and says why."""

    @pytest.mark.parametrize(("part", "first_seed"), [("web", 6000), ("postgres", 6100)])
    def test_is_gone_on_with_by_its_key(self, live_stack, part, first_seed):
        session = live_stack.session()
        images = _files(first_seed, 32, side_px=1024)
        back = {"files": images[:16], "label": f"back-{part}", "key": f"broken-{uuid4()}"}
        gone = {"files": images[16:], "label": f"gone-{part}"}
        before = live_stack.process(part)
        with ThreadPoolExecutor(2) as pool:
            sending = [pool.submit(_send, live_stack, session, **request) for request in (back, gone)]
            begun = [self._job_labelled(live_stack, session, request["label"]) for request in (back, gone)]
            os.kill(before["pid"], signal.SIGKILL)
            for request in sending:
                with contextlib.suppress(requests.RequestException):
                    assert request.result().status_code == 503

        def is_taken_in() -> str | None:
            answer = _send(live_stack, session, **back)
            assert answer.status_code == 202 or int(answer.headers["Retry-After"]) <= 6
            return answer.json().get("id") if answer.status_code == 202 else None

        job = eventually(is_taken_in, within_s=RECOVERY_S, every_s=0.5, what="the batch to be taken in")

        assert job == begun[0]
        finished = _finished(live_stack, session, job, within_s=60)
        _assert_each_image_was_judged_once(live_stack, session, finished, count=16)
        lost = [item for item in _finished(live_stack, session, begun[1], within_s=60)["items"] if not item["run"]]
        assert {item["error"]["code"] for item in lost} == {"upload_interrupted"}
        assert all("Send the same request again" in item["error"]["detail"] for item in lost)

    @staticmethod
    def _job_labelled(stack: LiveStack, session: requests.Session, label: str) -> str:
        def look() -> str | None:
            jobs = session.get(f"{stack.api}/inference/jobs/?limit=5", timeout=10).json()["results"]
            return next((job["id"] for job in jobs if job["label"] == label), None)

        return eventually(look, within_s=20, every_s=0.05, what=f"the batch {label} to be begun")


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
