"""Pure code, tested without a socket."""
