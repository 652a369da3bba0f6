"""Repeatable measurements of the whole product beside the limits of its machine. Not tests: no thresholds."""
