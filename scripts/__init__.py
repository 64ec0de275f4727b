"""What is run by hand: recording, and what it tells about a server."""
