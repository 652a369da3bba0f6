"""What requests about models must look like, and what OpenAPI says of the answers."""
