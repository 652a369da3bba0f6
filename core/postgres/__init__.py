"""PostgreSQL for processes whose threads stay and keep their connections."""
