"""Code as users write it, for the type checkers alone: `make typecheck`. Nothing here runs."""
