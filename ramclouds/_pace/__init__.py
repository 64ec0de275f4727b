"""How fast to ask."""
