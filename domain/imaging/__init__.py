"""From untrusted bytes to pixels, and from pixels to what a detector or a person looks at."""
