"""Events of a stream to chunks that are safe to add."""
