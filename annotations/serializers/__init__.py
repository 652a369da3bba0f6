"""What requests of review must look like, and what OpenAPI says of the answers."""
