"""The decoder's processes are real ones; they are stopped, killed and orphaned here."""

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from core.image_decoder import DecodeLimits, DecoderBusy, DecoderUnavailable, ImageDecoder, ImageRefused
from core.image_decoder import answers as answers_module
from core.image_decoder.answers import BrokenAnswer
from domain.imaging.identity import pixel_sha256
from domain.imaging.preprocess import PreprocessProfile, profile_sha256
from tests import image_files as files

GREY = files.encoded(files.texture(200, 300), "png")
SLOW = files.encoded(files.texture(3000, 3000), "png")
"""Takes long enough to do something to the process meanwhile."""


@pytest.fixture(scope="module")
def decoder():
    with ImageDecoder(workers=2) as pool:
        yield pool


@pytest.fixture
def lone():
    """A pool of one process that gives up soon."""
    with ImageDecoder(workers=1, timeout_s=2.0, max_waiting=1) as pool:
        pool.ingest(GREY, profile={})
        yield pool


def pids(pool: ImageDecoder) -> list[int]:
    return pool.status()["pids"]


def resident_bytes(pid: int) -> int:
    with open(f"/proc/{pid}/statm", "rb") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def gone(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            return stat.read().rsplit(b")", 1)[1].split()[0] in (b"Z", b"X")
    except FileNotFoundError:
        return True


def eventually(condition, *, within_s: float = 5.0) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return False


class TestIngest:
    def test_everything_about_an_image_comes_from_one_pass(self, decoder):
        image = decoder.ingest(GREY, profile={})

        assert image.sha256 == hashlib.sha256(GREY).hexdigest()
        assert image.pixel_sha256 == pixel_sha256(files.texture(200, 300))
        assert image.profile_sha256 == profile_sha256(PreprocessProfile())
        assert (image.width_px, image.height_px, image.bit_depth, image.channels) == (300, 200, 8, 1)
        assert (image.format, image.orientation, image.notes) == ("png", 1, ())
        assert np.array_equal(image.grey, files.texture(200, 300))
        assert image.thumbnail_jpeg.startswith(b"\xff\xd8")
        assert 0 < image.quality["exposure"] < 1
        assert set(image.timings_ms) == {"wait", "decode", "hash", "preprocess", "thumbnail", "quality"}

    def test_the_profile_is_applied(self, decoder):
        profile = PreprocessProfile(contrast="clahe", denoise="median3", scale=0.5)

        image = decoder.ingest(files.encoded(files.colours(), "tiff"), profile=profile.to_dict())

        assert image.grey.shape == (24, 32)
        assert image.channels == 3
        assert image.profile_sha256 == profile_sha256(profile)

    def test_a_profile_that_is_none_is_our_mistake(self, decoder):
        with pytest.raises(ValueError, match="sharpen"):
            decoder.ingest(GREY, profile={"sharpen": 1})

    def test_a_result_belongs_to_its_caller(self, decoder):
        first = decoder.ingest(GREY, profile={})
        decoder.ingest(files.encoded(255 - files.texture(200, 300), "png"), profile={})

        assert np.array_equal(first.grey, files.texture(200, 300))

    def test_many_threads_get_their_own_images(self, decoder):
        pictures = [files.texture(64 + index, 80, seed=index) for index in range(12)]

        with ThreadPoolExecutor(12) as pool:
            found = list(pool.map(lambda p: decoder.ingest(files.encoded(p, "png"), profile={}).grey, pictures * 5))

        assert all(np.array_equal(one, picture) for one, picture in zip(found, pictures * 5, strict=True))

    def test_an_enlargement_past_the_limit_is_refused(self):
        small = DecodeLimits(max_pixels=70_000)

        with ImageDecoder(workers=1, limits=small) as pool, pytest.raises(ImageRefused, match="scale of 4"):
            pool.ingest(GREY, profile={"scale": 4.0})

    def test_an_image_of_exactly_the_limit_is_taken(self):
        with ImageDecoder(workers=1, limits=DecodeLimits(max_pixels=200 * 300, max_bytes=len(GREY))) as pool:
            assert pool.ingest(GREY, profile={}).width_px == 300


class TestRefusals:
    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"", "not_an_image"),
            (b"%PDF-1.7", "unsupported_format"),
            (GREY[:-50], "truncated"),
            (files.png(60_000, 60_000, b"\0"), "too_large"),
        ],
    )
    def test_come_through_with_their_reason(self, decoder, data, code):
        with pytest.raises(ImageRefused) as refused:
            decoder.ingest(data, profile={})

        assert refused.value.code == code
        assert len(refused.value.message) > 20

    @pytest.mark.parametrize("kind", ["jpeg", "tiff"])
    def test_half_a_picture_is_noticed_although_the_library_shows_it(self, decoder, kind):
        whole = bytearray(files.encoded(files.texture(400, 400), kind, compression="tiff_lzw"))
        middle = len(whole) // 2
        whole[middle : middle + 60] = bytes(60)

        with pytest.raises(ImageRefused) as refused:
            decoder.ingest(bytes(whole), profile={})

        assert refused.value.code == "corrupt"

    def test_a_file_too_long_starts_no_process(self):
        with ImageDecoder(limits=DecodeLimits(max_bytes=100)) as pool:
            with pytest.raises(ImageRefused, match="MiB"):
                pool.ingest(bytes(101), profile={})
            assert pids(pool) == []

    def test_refusing_costs_no_process(self, decoder):
        before = pids(decoder)
        for cut in range(100, len(GREY), 997):
            with contextlib.suppress(ImageRefused):
                decoder.ingest(GREY[:cut], profile={})

        assert pids(decoder) == before

    def test_too_little_memory_is_a_refusal(self):
        with ImageDecoder(workers=1, memory_bytes=24 << 20) as pool:
            with pytest.raises(ImageRefused) as refused:
                pool.ingest(files.encoded(np.zeros((6000, 6000), np.uint8), "png"), profile={})
            assert refused.value.code == "out_of_memory"
            assert pool.ingest(GREY, profile={}).width_px == 300


class TestProcessesThatDie:
    def test_one_killed_while_idle_is_replaced(self, decoder):
        decoder.ingest(GREY, profile={})
        for pid in pids(decoder):
            os.kill(pid, signal.SIGKILL)

        assert decoder.ingest(GREY, profile={}).width_px == 300

    def test_one_killed_at_work_costs_a_second_try_and_nothing_else(self, lone):
        (victim,) = pids(lone)
        killer = threading.Timer(0.02, os.kill, (victim, signal.SIGKILL))
        killer.start()

        image = lone.ingest(SLOW, profile={})

        assert image.width_px == 3000
        killer.join()
        assert lone.status()["lost"] == 1

    def test_a_file_that_kills_again_and_again_is_refused(self, lone):
        stop = threading.Event()

        def kill_all():
            while not stop.is_set():
                for pid in pids(lone):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                time.sleep(0.002)

        killer = threading.Thread(target=kill_all)
        killer.start()
        try:
            with pytest.raises(ImageRefused) as refused:
                lone.ingest(SLOW, profile={})
        finally:
            stop.set()
            killer.join()

        assert refused.value.code == "decoder_died"
        assert lone.ingest(GREY, profile={}).width_px == 300

    def test_one_that_hangs_is_stopped_in_time(self, lone):
        (victim,) = pids(lone)
        os.kill(victim, signal.SIGSTOP)
        began = time.monotonic()

        with pytest.raises(ImageRefused) as refused:
            lone.ingest(GREY, profile={})

        assert refused.value.code == "decode_timeout"
        assert 1.9 < time.monotonic() - began < 8
        assert gone(victim)
        assert lone.ingest(GREY, profile={}).width_px == 300

    def test_neighbours_of_one_that_hangs_go_on(self):
        with ImageDecoder(workers=2, timeout_s=3.0) as pool, ThreadPoolExecutor(2) as threads:
            list(threads.map(lambda _: pool.ingest(SLOW, profile={}), range(2)))
            assert eventually(lambda: len(pids(pool)) == 2)
            os.kill(pids(pool)[0], signal.SIGSTOP)
            found = [threads.submit(pool.ingest, GREY, profile={}) for _ in range(20)]
            done = [f.exception() for f in found]

        assert sum(error is None for error in done) == 19
        assert [error.code for error in done if error is not None] == ["decode_timeout"]

    def test_a_process_is_replaced_after_its_share_of_tasks(self):
        with ImageDecoder(workers=1, tasks_per_process=3) as pool:
            seen = {(pool.ingest(GREY, profile={}), pids(pool)[0] if pids(pool) else 0)[1] for _ in range(7)}
            assert pool.status()["started"] == 3
            assert pool.status()["lost"] == 0
        assert len(seen - {0}) >= 2

    def test_a_broken_answer_is_not_believed(self, lone, monkeypatch):
        def never(*_, **__):
            raise BrokenAnswer("grey_shape")

        monkeypatch.setattr(answers_module, "ingested", never)

        with pytest.raises(ImageRefused) as refused:
            lone.ingest(GREY, profile={})

        assert refused.value.code == "decoder_died"


class TestAnswers:
    good = {
        "width_px": 2,
        "height_px": 2,
        "bit_depth": 8,
        "format": "png",
        "orientation": 1,
        "notes": [],
        "pixel_sha256": "0" * 64,
        "profile_sha256": "0" * 64,
        "channels": 1,
        "grey_shape": [2, 2],
        "encoded_bytes": 4,
        "quality": {"blur": 1.0},
        "is_first_of_several": False,
        "timings_ms": {"decode": 1.0},
    }

    class Process:
        class layout:
            grey_bytes = 4096
            encoded_bytes = 4096

        @staticmethod
        def grey(shape):
            return np.zeros(shape, np.uint8)

        @staticmethod
        def encoded(length):
            return bytes(length)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"grey_shape": [100, 100]},
            {"grey_shape": [-2, -2]},
            {"grey_shape": "22"},
            {"grey_shape": [1, 2, 3]},
            {"width_px": True},
            {"width_px": 0},
            {"width_px": 1e3},
            {"width_px": None},
            {"orientation": 9},
            {"channels": 4},
            {"format": "exe"},
            {"notes": "x"},
            {"notes": ["x" * 1001]},
            {"pixel_sha256": "xyz"},
            {"encoded_bytes": 5000},
            {"quality": {"blur": float("nan")}},
            {"quality": []},
            {"is_first_of_several": 1},
            {"refused": "<b>"},
            {"failed": "KeyError"},
        ],
    )
    def test_are_checked(self, wrong):
        with pytest.raises(BrokenAnswer):
            answers_module.ingested(self.Process, {**self.good, **wrong}, sha256="0" * 64)

    def test_a_good_one_passes(self):
        assert answers_module.ingested(self.Process, self.good, sha256="0" * 64).grey.shape == (2, 2)


class TestQueue:
    def test_is_bounded_and_says_so_at_once(self, lone):
        (busy,) = pids(lone)
        os.kill(busy, signal.SIGSTOP)
        with ThreadPoolExecutor(2) as threads:
            first = threads.submit(lone.ingest, GREY, profile={})
            assert eventually(lambda: lone.status()["idle"] == 0)
            second = threads.submit(lone.ingest, GREY, profile={})
            assert eventually(lambda: lone.status()["waiting"] == 1)
            began = time.monotonic()

            with pytest.raises(DecoderBusy):
                lone.ingest(GREY, profile={})

            assert time.monotonic() - began < 1
            os.kill(busy, signal.SIGCONT)
            assert first.result().width_px == second.result().width_px == 300

    def test_waiting_ends(self):
        with ImageDecoder(workers=1, timeout_s=5.0, wait_timeout_s=1.5) as pool, ThreadPoolExecutor(1) as threads:
            pool.ingest(GREY, profile={})
            os.kill(pids(pool)[0], signal.SIGSTOP)
            first = threads.submit(pool.ingest, GREY, profile={})
            assert eventually(lambda: pool.status()["idle"] == 0)

            with pytest.raises(DecoderBusy, match="no decoder became free"):
                pool.ingest(GREY, profile={})

            os.kill(pids(pool)[0], signal.SIGCONT)
            assert first.result().width_px == 300

    def test_a_closed_pool_starts_again_when_needed(self):
        pool = ImageDecoder(workers=1)
        pool.ingest(GREY, profile={})
        old = pids(pool)
        pool.close()

        assert eventually(lambda: all(map(gone, old)))
        assert pool.ingest(GREY, profile={}).width_px == 300
        pool.close()

    def test_says_when_no_process_can_be_started(self, monkeypatch):
        monkeypatch.setattr(sys, "executable", "/bin/false")

        with ImageDecoder(workers=1) as pool:
            with pytest.raises(DecoderUnavailable, match="did not start"):
                pool.ingest(GREY, profile={})
            assert "did not start" in pool.status()["failure"]

    def test_starts_again_once_it_can(self, monkeypatch):
        with ImageDecoder(workers=1) as pool:
            with monkeypatch.context() as broken, pytest.raises(DecoderUnavailable):
                broken.setattr(sys, "executable", "/nowhere/python")
                pool.ingest(GREY, profile={})

            assert pool.ingest(GREY, profile={}).width_px == 300
            assert pool.status()["failure"] == ""

    def test_needs_a_worker(self):
        with pytest.raises(ValueError, match="at least 1"):
            ImageDecoder(workers=0)


class TestServers:
    def test_nothing_starts_before_the_first_image(self):
        with ImageDecoder(workers=2) as pool:
            assert pids(pool) == []

    def test_processes_outlive_the_thread_that_needed_them_first(self):
        with ImageDecoder(workers=1) as pool:
            with ThreadPoolExecutor(1) as threads:
                threads.submit(pool.ingest, GREY, profile={}).result()
            before = pids(pool)
            time.sleep(0.1)

            pool.ingest(GREY, profile={})

            assert pids(pool) == before

    def test_a_fork_starts_its_own_and_leaves_ours_alone(self):
        with ImageDecoder(workers=1) as pool:
            pool.ingest(GREY, profile={})
            ours = pids(pool)
            child = os.fork()
            if child == 0:
                code = 1
                with contextlib.suppress(BaseException):
                    fresh = pids(pool) == [] and pool.ingest(GREY, profile={}).width_px == 300
                    code = 0 if fresh and pids(pool) != ours else 2
                    pool.close()
                os._exit(code)

            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
            assert pool.ingest(GREY, profile={}).width_px == 300
            assert pids(pool) == ours

    def test_processes_die_with_their_parent(self):
        script = textwrap.dedent("""
            import sys, time
            from core.image_decoder import ImageDecoder
            from tests import image_files as files
            pool = ImageDecoder(workers=1)
            pool.ingest(files.encoded(files.texture(), "png"), profile={})
            print(*pool.status()["pids"], flush=True)
            time.sleep(60)
        """)
        parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
        orphans = [int(pid) for pid in parent.stdout.readline().split()]
        # Stopped, it cannot see that its socket was closed: only the system can end it.
        os.kill(orphans[0], signal.SIGSTOP)
        parent.kill()
        parent.wait()

        assert orphans
        assert eventually(lambda: all(map(gone, orphans)))


class TestIsolation:
    def test_secrets_and_files_of_ours_are_not_in_it(self, monkeypatch):
        monkeypatch.setenv("SECRET_KEY", "canary-7f3a")
        with ImageDecoder(workers=1) as pool, open(__file__, "rb"):
            pool.ingest(GREY, profile={})
            (pid,) = pids(pool)
            try:
                with open(f"/proc/{pid}/environ", "rb") as environment:
                    assert b"canary" not in environment.read()
                held = {os.readlink(f"/proc/{pid}/fd/{fd}").split(":")[0] for fd in os.listdir(f"/proc/{pid}/fd")}
            except PermissionError:
                pytest.skip("the system hides the process from us, as it should")

        assert held <= {"/dev/null", "pipe", "socket", "/memfd"}

    def test_says_how_it_is_shut_in(self, decoder):
        decoder.ingest(GREY, profile={})
        isolation = decoder.status()["isolation"]

        assert isolation["network"] in ("none", "shared")
        assert isolation["system_calls"] in ("listed", "any")
        assert isolation["uid"] != 0

    @pytest.mark.parametrize(
        "attempt",
        [
            "import socket; socket.socket()",
            "open('/etc/passwd')",
            "import os; os.fork()",
            "import os; os.execv('/bin/true', ['true'])",
            "import os; os.kill(os.getppid(), 9)",
            "import threading; threading.Thread(target=int).start()",
        ],
    )
    def test_calls_beyond_the_list_fail(self, attempt):
        code = (
            "import socket, os, threading, sys\n"
            "from core.confinement import sandbox, seccomp\n"
            "sandbox.drop_privileges()\n"
            "if not seccomp.keep_few_calls(): os._exit(77)\n"
            f"try:\n    {attempt}\nexcept (PermissionError, RuntimeError):\n    os._exit(3)\nos._exit(0)\n"
        )

        ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)

        if ended.returncode == 77:
            pytest.skip("this system takes no list of calls")
        assert ended.returncode == 3, ended.stderr.decode()


class TestMemory:
    def test_of_a_large_image_is_given_back(self):
        large = files.encoded(np.tile(files.texture(500, 500), (12, 12)), "tiff")
        with ImageDecoder(workers=1) as pool:
            pool.ingest(GREY, profile={})
            (pid,) = pids(pool)
            before = resident_bytes(pid)
            pool.ingest(large, profile={})

            assert resident_bytes(pid) < before + (40 << 20)
            assert pids(pool) == [pid]

    def test_does_not_grow_with_the_number_of_images(self):
        with ImageDecoder(workers=1) as pool:
            for _ in range(30):
                pool.ingest(GREY, profile={})
            (pid,) = pids(pool)
            before = resident_bytes(pid)
            for _ in range(300):
                pool.ingest(GREY, profile={})

            assert resident_bytes(pid) < before + (2 << 20)

    def test_stays_below_half_a_gibibyte_at_the_limits(self):
        pixels = np.tile(files.colours(588, 588), (12, 12, 1))
        largest = files.jpeg_with(files.encoded(pixels, "jpeg"), 0xE1, b"Exif\0\0" + files.exif(6))
        with ImageDecoder(workers=1) as pool:
            pool.ingest(GREY, profile={})
            (pid,) = pids(pool)
            image = pool.ingest(largest, profile={})
            with open(f"/proc/{pid}/status", encoding="ascii") as status:
                peak_kib = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))

        assert image.width_px == 7056
        assert peak_kib < 512 << 10


class TestViews:
    turned = files.jpeg_with(
        files.encoded(files.colours(600, 900), "jpeg", quality=95), 0xE1, b"Exif\0\0" + files.exif(6)
    )

    def opened(self, content):
        return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)

    def test_a_view_is_upright_small_and_without_metadata(self, decoder):
        view = decoder.render_view(self.turned, max_side_px=300)

        assert self.opened(view.content).shape == (300, 200, 3)
        assert (view.width_px, view.height_px, view.media_type) == (600, 900, "image/jpeg")
        assert b"Exif" not in view.content

    def test_tiles_cover_the_image(self, decoder):
        tile = decoder.render_tile(self.turned, level=10, col=2, row=3, tile_px=256, overlap_px=1)

        assert self.opened(tile.content).shape == (900 - 767, 600 - 511, 3)

    def test_lossless_tiles_are_the_pixels(self, decoder):
        tile = decoder.render_tile(GREY, level=9, col=0, row=0, tile_px=128, overlap_px=0, lossless=True)

        assert np.array_equal(self.opened(tile.content), files.texture(200, 300)[:128, :128])

    def test_there_is_no_such_tile(self, decoder):
        with pytest.raises(ImageRefused) as refused:
            decoder.render_tile(GREY, level=9, col=99, row=0)

        assert refused.value.code == "no_such_tile"

    @pytest.mark.parametrize("level", [0, 1, 5, 8])
    def test_smaller_levels(self, decoder, level):
        tile = decoder.render_tile(GREY, level=level, col=0, row=0, lossless=True)

        assert max(self.opened(tile.content).shape[:2]) <= 1 << level

    def test_a_cut_out_is_enlarged_never_and_shrunk_where_asked(self, decoder):
        assert self.opened(decoder.render_crop(GREY, box_px=(10, 20, 40, 30), max_side_px=96).content).shape == (30, 40)
        assert self.opened(decoder.render_crop(GREY, box_px=(0, 0, 300, 200), max_side_px=96).content).shape == (64, 96)

    @pytest.mark.parametrize("box_px", [(-50, -50, 10, 10), (299, 199, 50, 50), (5000, 5000, 1, 1), (0, 0, 0, 0)])
    def test_a_cut_out_at_the_border_has_at_least_a_pixel(self, decoder, box_px):
        assert self.opened(decoder.render_crop(GREY, box_px=box_px, max_side_px=96).content).size >= 1

    def test_sixteen_bits_are_shown_over_their_range(self, decoder):
        data = cv2.imencode(".png", files.texture(200, 300, dtype=np.uint16) >> 4)[1].tobytes()

        assert np.ptp(self.opened(decoder.render_view(data, max_side_px=300).content)) > 200
