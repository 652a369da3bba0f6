"""Shapes of what comes in (`inputs`), how rows leave (`shown`), and what OpenAPI says about them (`documented`)."""
