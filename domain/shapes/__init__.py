"""What people draw on an image: boxes, turned boxes, outlines, painted regions, points, and tags of the whole image."""
