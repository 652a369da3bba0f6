"""How good a model is: against truth, against people, against chance."""
