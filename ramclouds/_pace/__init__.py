"""How fast to ask: what refusals teach, shared by all calls of a key."""
