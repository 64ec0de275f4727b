"""JSON text to values, however odd the text is."""
