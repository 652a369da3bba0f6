"""Pure functions and frozen dataclasses over numpy and OpenCV: no input or output, no settings, no clock."""
