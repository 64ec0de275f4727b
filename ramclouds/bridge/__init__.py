"""The half of an adapter that is the same in every framework: pure, and public."""
