import itertools

import pytest

from core.errors import IllegalTransition
from models_admin.choices import (
    DEPLOYMENT_STEPS,
    LOADED,
    ON_THE_WAY,
    VERSION_STEPS,
    DeploymentState,
    VersionStatus,
    check_deployment_step,
    check_version_step,
)

DEPLOYMENT_ALLOWED = {
    ("publishing", "loading"),
    ("publishing", "failed"),
    ("loading", "warming"),
    ("loading", "failed"),
    ("warming", "trying"),
    ("warming", "loading"),
    ("warming", "failed"),
    ("trying", "active"),
    ("trying", "draining"),
    ("trying", "loading"),
    ("trying", "failed"),
    ("active", "draining"),
    ("draining", "active"),
    ("draining", "retired"),
}
VERSION_ALLOWED = {
    ("candidate", "validated"),
    ("candidate", "rejected"),
    ("validated", "rejected"),
    ("validated", "archived"),
    ("rejected", "archived"),
}


class TestDeploymentSteps:
    @pytest.mark.parametrize(("before", "after"), list(itertools.product(DeploymentState.values, repeat=2)))
    def test_are_exactly_these(self, before, after):
        if (before, after) in DEPLOYMENT_ALLOWED:
            check_deployment_step(before, after)
        else:
            with pytest.raises(IllegalTransition, match=f"A {before} deployment cannot become {after}"):
                check_deployment_step(before, after)

    def test_every_state_has_a_row(self):
        assert set(DEPLOYMENT_STEPS) == set(DeploymentState)

    def test_a_state_is_on_the_way_or_loaded_or_over(self):
        over = {state for state, steps in DEPLOYMENT_STEPS.items() if not steps}

        assert ON_THE_WAY | LOADED | over == set(DeploymentState)
        assert not (ON_THE_WAY & LOADED)


class TestVersionSteps:
    @pytest.mark.parametrize(("before", "after"), list(itertools.product(VersionStatus.values, repeat=2)))
    def test_are_exactly_these(self, before, after):
        if (before, after) in VERSION_ALLOWED:
            check_version_step(before, after)
        else:
            with pytest.raises(IllegalTransition, match=f"A {before} version cannot become {after}"):
                check_version_step(before, after)

    def test_every_status_has_a_row(self):
        assert set(VERSION_STEPS) == set(VersionStatus)
