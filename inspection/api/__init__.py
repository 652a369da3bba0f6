"""The REST interface, part by part. Every view has a row in `core/policy.csv`; every error is a problem document."""
