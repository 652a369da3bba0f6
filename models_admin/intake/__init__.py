"""Quarantine: what a model file of a stranger must pass before anything of the product touches it.

`graph` reads its structure, `smoke` lets it compute; both run in a process of their own that has given up network,
files and privileges (`process`, `child`), and know no Django. No database here: bytes in, findings out.
"""
