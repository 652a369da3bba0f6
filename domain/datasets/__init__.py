"""Sets of labelled images: split by lot, kept as a manifest, written and read in other people's formats."""
