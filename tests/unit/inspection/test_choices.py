import pytest

from core.errors import IllegalTransition
from inspection.choices import JOB_STEPS, RUN_STEPS, JobState, RunState, can_retry, check_job_step, check_run_step

RUN_PAIRS = [(before, after) for before in RunState for after in RunState]
JOB_PAIRS = [(before, after) for before in JobState for after in JobState]
ALLOWED_RUN = {
    ("queued", "running"), ("queued", "failed"), ("queued", "cancelled"),
    ("running", "done"), ("running", "failed"), ("running", "queued"), ("running", "cancelled"),
    ("failed", "queued"), ("cancelled", "queued"),
}  # fmt: skip
ALLOWED_JOB = {("running", "done"), ("running", "cancelled"), ("done", "running"), ("cancelled", "running")}


class TestCheckRunStep:
    @pytest.mark.parametrize(("before", "after"), RUN_PAIRS)
    def test_allows_what_the_table_says_and_names_the_rest(self, before, after):
        if (before.value, after.value) in ALLOWED_RUN:
            check_run_step(before, after)
        else:
            with pytest.raises(IllegalTransition, match=f"{before} run cannot become {after}"):
                check_run_step(before, after)

    def test_every_state_has_a_row(self):
        assert set(RUN_STEPS) == set(RunState)


class TestCanRetry:
    @pytest.mark.parametrize(
        ("state", "error_code", "expected"),
        [
            ("failed", "worker_lost", True),
            ("failed", "decoder_died", True),
            ("failed", "corrupt", False),
            ("failed", "too_large", False),
            ("cancelled", "", True),
            ("running", "", False),
            ("done", "", False),
            ("waiting", "", False),
        ],
    )
    def test_is_about_what_is_over_and_not_by_its_files_fault(self, state, error_code, expected):
        assert can_retry(state, error_code) is expected


class TestCheckJobStep:
    @pytest.mark.parametrize(("before", "after"), JOB_PAIRS)
    def test_allows_what_the_table_says_and_names_the_rest(self, before, after):
        if (before.value, after.value) in ALLOWED_JOB:
            check_job_step(before, after)
        else:
            with pytest.raises(IllegalTransition):
                check_job_step(before, after)

    def test_every_state_has_a_row(self):
        assert set(JOB_STEPS) == set(JobState)
