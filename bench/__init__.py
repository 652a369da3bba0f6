"""Repeatable measurements of the whole product against the limits of the machine it runs on. Not tests: no thresholds."""
