"""Unit tests of the half of an adapter that both frameworks share."""
