"""Over the network, as a script would: images in by REST and by socket, findings out."""

import base64
import contextlib
import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import requests
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.live_stack import eventually, wafer_png

pytestmark = [pytest.mark.stack]
NOW = f"{time.time():.0f}"


def seed(number):
    """Pictures no earlier run of these tests has sent to the instance."""
    return int(NOW) * 1000 + number


def predict(stack, session, number, **fields):
    files = {"image": (f"{number}.png", wafer_png(seed(number)), "image/png")}
    return session.post(f"{stack.api}/inference/predict/", files=files, data=fields, timeout=60)


@contextlib.contextmanager
def listening(stack, session, path):
    """A socket of a program; the first frame has been read."""
    headers = {"Authorization": session.headers["Authorization"]}
    address = stack.address.replace("http", "ws") + path
    with connect(address, additional_headers=headers, origin=None, max_size=2**23) as socket:
        assert json.loads(socket.recv(timeout=10))["type"] == "hello"
        yield socket


def frame_of(socket, *types, within_s=30):
    deadline_s = time.monotonic() + within_s
    while True:
        frame = json.loads(socket.recv(timeout=max(0.01, deadline_s - time.monotonic())))
        if frame["type"] in types:
            return frame


@pytest.fixture(scope="module")
def operator(live_stack):
    return live_stack.session("operator")


class TestPredict:
    def test_answers_the_stored_run_with_its_boxes(self, live_stack, operator):
        answer = predict(live_stack, operator, 1, lot=f"LIVE-{NOW}", wafer="W1", slot="1", tool="SEM-9")

        assert answer.status_code == 200, answer.text
        run = answer.json()
        assert (run["state"], run["lot"]["code"], run["wafer"]["slot"]) == ("done", f"LIVE-{NOW}", 1)
        assert run["detection_count"] == len(run["detections"])
        assert set(run["timings_ms"]) >= {"decode", "infer", "total"}
        assert len(run["provenance"]["model_sha256"]) == 64
        stored = operator.get(f"{live_stack.api}/inference/results/{run['id']}/").json()
        assert stored == {key: value for key, value in run.items() if key != "repeated"}

    def test_answers_the_same_for_the_same_file(self, live_stack, operator):
        first = predict(live_stack, operator, 2, lot=f"LIVE-{NOW}", wafer="W2").json()

        again = predict(live_stack, operator, 2, lot=f"LIVE-{NOW}", wafer="W2").json()

        assert again["repeated"] is True
        assert again["id"] == first["id"]

    def test_takes_an_image_that_is_the_whole_body(self, live_stack, operator):
        answer = operator.post(
            f"{live_stack.api}/inference/predict/",
            params={"lot": f"LIVE-{NOW}", "wafer": "W3", "file_name": "raw.png"},
            data=wafer_png(seed(3)),
            headers={"Content-Type": "image/png"},
            timeout=60,
        )

        assert answer.status_code == 200, answer.text
        assert answer.json()["images"][0]["file_name"] == "raw.png"

    def test_says_why_a_file_cannot_be_inspected(self, live_stack, operator):
        answer = operator.post(
            f"{live_stack.api}/inference/predict/", files={"image": ("a.png", b"<svg onload=alert(1)>")}, timeout=60
        )

        assert answer.status_code == 422
        assert answer.json()["code"] == "unusable_image"
        assert answer.headers["Content-Type"] == "application/problem+json"

    def test_an_external_id_names_one_image_for_ever(self, live_stack, operator):
        fields = {"lot": f"LIVE-{NOW}", "external_id": f"tool-7/{NOW}"}
        assert predict(live_stack, operator, 4, wafer="W4", **fields).status_code == 200

        other = predict(live_stack, operator, 5, wafer="W5", **fields)

        assert other.status_code == 409
        assert other.json()["code"] == "external_id_taken"

    def test_twenty_who_send_the_same_get_one_run(self, live_stack, operator):
        with ThreadPoolExecutor(20) as threads:
            answers = list(
                threads.map(lambda _: predict(live_stack, operator, 6, lot=f"LIVE-{NOW}", wafer="W6"), range(20))
            )

        taken = [answer for answer in answers if answer.status_code in (200, 202)]
        assert {answer.status_code for answer in answers} <= {200, 202, 503}
        assert len({answer.json()["id"] for answer in taken}) == 1


class TestBatch:
    def test_of_a_hundred_is_followed_over_the_socket_to_its_end(self, live_stack, operator):
        files = [("images", (f"{n}.png", wafer_png(seed(100 + n), side_px=64), "image/png")) for n in range(99)]
        files.append(("images", ("broken.png", b"not an image", "image/png")))
        ids = json.dumps([f"batch-{NOW}-{n}" for n in range(100)])

        answer = operator.post(
            f"{live_stack.api}/inference/batch/",
            files=files,
            data={"lot": f"BATCH-{NOW}", "external_ids": ids, "label": "hundred"},
            timeout=120,
        )

        assert answer.status_code == 202, answer.text
        job = answer.json()
        assert answer.headers["Location"] == f"/api/v1/inference/jobs/{job['id']}/"
        with listening(live_stack, operator, f"/ws/jobs/{job['id']}/") as socket:
            last = operator.get(f"{live_stack.address}{answer.headers['Location']}").json()
            while last["state"] != "done":
                last = frame_of(socket, "job.changed", within_s=120)["data"]
        ended = operator.get(f"{live_stack.address}{answer.headers['Location']}").json()
        assert (ended["total"], ended["done"], ended["failed"]) == (100, 99, 1)
        assert ended["items"][99]["error"]["code"]
        assert ended["items"][7]["external_id"] == f"batch-{NOW}-7"
        assert {"success_rate", "p95_ms", "throughput_per_s"} <= set(ended["summary"])


class TestLive:
    def test_what_is_stored_is_heard_within_a_quarter_of_a_second(self, live_stack, operator):
        late_s = []
        with listening(live_stack, operator, "/ws/live/") as socket:
            for number in range(200, 210):
                run = predict(live_stack, operator, number, lot=f"LIVE-{NOW}", wafer=f"N{number}").json()
                while (frame := frame_of(socket, "run.done"))["data"]["run"] != run["id"]:
                    pass
                heard = datetime.now(tz=UTC)
                late_s.append((heard - datetime.fromisoformat(frame["at"])).total_seconds())

        assert sorted(late_s)[len(late_s) // 2] < 0.25

    def test_nobody_hears_another_site(self, live_stack, operator):
        other = live_stack.session("other")
        with listening(live_stack, other, "/ws/live/") as socket:
            predict(live_stack, operator, 220, lot=f"LIVE-{NOW}", wafer="N220")
            with pytest.raises(TimeoutError):
                frame_of(socket, "run.done", within_s=2)

    @pytest.mark.parametrize("origin", ["http://evil.example", "null"])
    def test_pages_of_others_are_refused_at_the_door(self, live_stack, operator, origin):
        address = live_stack.address.replace("http", "ws") + "/ws/live/"

        with pytest.raises(InvalidStatus) as refusal, connect(address, origin=origin):
            pass

        assert refusal.value.response.status_code == 403

    def test_a_handshake_that_is_none_is_no_fault_of_ours(self, live_stack):
        answer = requests.get(
            f"{live_stack.address}/ws/live/",
            headers={
                "Connection": "Upgrade",
                "Upgrade": "websocket",
                "Sec-WebSocket-Version": "99",
                "Sec-WebSocket-Key": base64.b64encode(b"x" * 16).decode(),
            },
            timeout=5,
        )

        assert 400 <= answer.status_code < 500


class TestStream:
    def start(self, socket, **fields):
        socket.send(json.dumps({"type": "start", **fields}))

    def test_of_images_is_answered_one_by_one(self, live_stack, operator):
        with listening(live_stack, operator, "/ws/stream/") as socket:
            self.start(socket, lot=f"STREAM-{NOW}", tool="SEM-9")
            assert frame_of(socket, "started", "refused")["type"] == "started"
            heard = []
            for number in range(300, 306):
                socket.send(wafer_png(seed(number)))
                heard.append(frame_of(socket, "result", "refused"))

        assert [frame["n"] for frame in heard] == [1, 2, 3, 4, 5, 6]
        assert all(frame["data"]["state"] == "done" for frame in heard)
        assert all("detections" in frame["data"] for frame in heard)

    def test_says_which_frame_was_no_image_and_goes_on(self, live_stack, operator):
        with listening(live_stack, operator, "/ws/stream/") as socket:
            self.start(socket, lot=f"STREAM-{NOW}")
            socket.send(b"not an image")
            refused = frame_of(socket, "refused", "result")
            socket.send(wafer_png(seed(310)))
            result = frame_of(socket, "refused", "result")

        assert (refused["type"], refused["n"], refused["data"]["code"]) == ("refused", 1, "unusable_image")
        assert (result["type"], result["n"]) == ("result", 2)

    def test_asks_to_slow_down_when_more_come_than_fit(self, live_stack, operator):
        # All are there before the first is sent: while one is drawn the server would have time to keep up.
        frames = [wafer_png(seed(number), side_px=512) for number in range(320, 340)]
        with listening(live_stack, operator, "/ws/stream/") as socket:
            self.start(socket, lot=f"STREAM-{NOW}")
            for frame in frames:
                socket.send(frame)
            heard = [frame_of(socket, "result", "refused", "slow_down") for _ in range(20)]

        assert {frame["n"] for frame in heard} == set(range(1, 21))
        assert any(frame["type"] == "slow_down" for frame in heard)
        assert sum(frame["type"] == "result" for frame in heard) >= 4

    @pytest.mark.parametrize(
        "first",
        ['{"type": "start", "lot": "a\\u202eb"}', '{"type": "start", "recipe": "NONE"}', '{"type": "start", "x": 1}'],
    )
    def test_with_fields_that_cannot_be_is_refused(self, live_stack, operator, first):
        with listening(live_stack, operator, "/ws/stream/") as socket:
            socket.send(first)
            socket.send(wafer_png(seed(350)))
            heard = frame_of(socket, "refused", "result")

        assert heard["type"] == "refused"

    @pytest.mark.parametrize("first", ['{"type": "start", "lot": "A", "lot": "B"}', '{"type": "start", "slot": NaN}'])
    def test_that_is_said_in_ambiguous_json_is_ended(self, live_stack, operator, first):
        with listening(live_stack, operator, "/ws/stream/") as socket:
            socket.send(first)
            with pytest.raises(ConnectionClosed) as end:
                frame_of(socket, "started", "refused")

        assert end.value.rcvd.code == 1008

    def test_is_not_for_auditors(self, live_stack):
        auditor = live_stack.session("auditor")
        address = live_stack.address.replace("http", "ws") + "/ws/stream/"
        headers = {"Authorization": auditor.headers["Authorization"]}

        with (
            connect(address, additional_headers=headers, origin=None) as socket,
            pytest.raises(ConnectionClosed) as end,
        ):
            socket.recv(timeout=5)

        assert end.value.rcvd.code == 4403

    def test_what_was_under_way_when_the_line_broke_is_stored(self, live_stack, operator):
        lot = f"BROKEN-{NOW}"
        with listening(live_stack, operator, "/ws/stream/") as socket:
            self.start(socket, lot=lot)
            frame_of(socket, "started")
            socket.send(wafer_png(seed(360)))
            # Frames are taken in their order: once this one is answered, the image before it is at work.
            socket.send('{"type": "ping"}')
            frame_of(socket, "pong")

        eventually(
            lambda: operator.get(f"{live_stack.api}/runs/", params={"lot": lot}, timeout=10).json()["results"],
            within_s=20,
            what="the image of the broken line",
        )
