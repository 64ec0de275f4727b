"""What a call costs, and where prices come from."""
