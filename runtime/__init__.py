"""The supervisor: starts PostgreSQL, Redis, Triton, web and workers, and keeps them running.

A program of its own (`python -m runtime`). It imports none of Waferdeck's code and nobody imports it; the rest of
the house only sees the environment variables that `runtime.environment` makes.
"""
