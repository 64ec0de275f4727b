"""How bytes travel: HTTP clients, connections, TLS."""
