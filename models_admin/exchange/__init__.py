"""What is spoken with an MLflow registry, over its REST interface. No rows are touched."""
