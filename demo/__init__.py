"""Demonstration material: synthetic wafers with exact ground truth, and the command that loads a demo lot."""
