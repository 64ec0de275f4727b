"""Data about models, and the names that lead to it."""
