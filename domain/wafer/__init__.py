"""Where things are on a wafer: frames, dies, zones."""
