"""How often a model's tool calls are valid, asked natively, in words, and held to a grammar."""
