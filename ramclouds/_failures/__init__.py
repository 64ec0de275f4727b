"""What went wrong, as an error that says what to do."""
