"""What a measurement says about itself."""

import pytest

from bench.targets import summary


@pytest.fixture
def report():
    def path(clients, **figures):
        usual = {"images_per_s": 55.0, "p95_ms": 900.0, "cpu_ms_per_image": 27.0, "times_the_limit": 1.46}
        return {"clients": clients, "cpu_ms_by_process": {"web": 15.0, "triton": 12.0}, **usual, **figures}

    return {
        "tight_loop": {"cpu_ms": 18.5, "decode_cpu_ms": 7.7, "preprocess_cpu_ms": 0.2, "infer_cpu_ms": 10.6},
        "raw_triton": {"times_onnx_runtime": 1.1},
        "whole_path": [path(1), path(10), path(50, p95_ms=1800.0), path(100)],
        "screens": [{"p95_ms": 20.0}, {"p95_ms": None}],
    }


def line_of(lines, start):
    return next(line for line in lines if line.startswith(start))


class TestSummary:
    def test_says_what_is_met(self, report):
        lines = summary(report, precision="int8")

        assert line_of(lines, "whole path").endswith("measured 27: met")
        assert line_of(lines, "stored at 50 clients").endswith("measured 55: met")

    def test_says_by_how_much_something_is_missed(self, report):
        lines = summary(report, precision="int8")

        assert line_of(lines, "P95 at 50").endswith("measured 1800: missed, 1.50 times that")

    def test_says_what_was_not_measured(self, report):
        lines = summary(report, precision="int8")

        assert line_of(lines, "stored to on-screen").endswith("not measured")

    def test_aims_lower_with_a_quantised_model(self, report):
        assert "at most 28 ms" in line_of(summary(report, precision="int8"), "whole path")
        assert "at most 46 ms" in line_of(summary(report, precision="fp32"), "whole path")

    def test_says_who_spends_the_time(self, report):
        lines = summary(report, precision="int8")

        assert lines[-2:] == [
            "CPU-ms of an image at 10 clients: web 15, triton 12",
            "CPU-ms of an image in the tight loop: decode 7.7, preprocess 0.2, infer 10.6",
        ]
