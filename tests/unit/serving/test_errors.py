import pytest

from serving import errors


class TestWhatToDo:
    """The table other layers act by: (retryable, repeated by the client, an outage, counted by the breaker)."""

    @pytest.mark.parametrize(
        ("kind", "retryable", "retry_at_once", "outage", "counted"),
        [
            (errors.TritonUnavailable, True, True, True, True),
            (errors.CircuitOpen, True, False, True, False),
            (errors.TritonTimeout, True, False, True, True),
            (errors.TritonOverloaded, True, True, True, False),
            (errors.ModelNotReady, True, False, True, False),
            (errors.ModelFailed, True, True, False, True),
            (errors.BadAnswer, True, False, False, False),
            (errors.Refused, False, False, False, False),
            (errors.LoadFailed, False, False, False, False),
            (errors.BadArtefact, False, False, False, False),
            (errors.VersionConflict, False, False, False, False),
        ],
    )
    def test_is(self, kind, retryable, retry_at_once, outage, counted):
        fault = kind("why", model_name="m")

        assert (fault.retryable, fault.retry_at_once, fault.outage, fault.counts_as_failure) == (
            retryable,
            retry_at_once,
            outage,
            counted,
        )

    def test_codes_are_distinct(self):
        kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]

        assert len({kind.code for kind in kinds}) == len(kinds)
