"""The REST interface of models. Every view has a row in `core/policy.csv`; every error is a problem document."""
