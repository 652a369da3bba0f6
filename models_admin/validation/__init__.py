"""Judging a golden set through the real server and counting what came of it. No rows are written here."""
