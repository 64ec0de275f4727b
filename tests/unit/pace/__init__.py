"""The pace of a key, against servers that are simulated: no socket, no clock."""
