"""How often a model's tool calls are valid, by way of asking."""
