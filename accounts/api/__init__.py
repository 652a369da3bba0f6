"""What views of the REST interface share, and tokens for programs."""
