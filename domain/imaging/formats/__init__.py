"""One module per file format: what the header says, and how the pixels are got at.

Every module offers `inspect(data) -> Source`, which reads the header only and refuses what would not be shown right.
"""
