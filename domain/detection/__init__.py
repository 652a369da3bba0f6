"""From what a detector answers to graded detections in image pixels."""
