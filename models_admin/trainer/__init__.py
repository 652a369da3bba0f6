"""The training process as its supervisor sees it: what it is given, what it says, how it ends. No rows are touched."""
