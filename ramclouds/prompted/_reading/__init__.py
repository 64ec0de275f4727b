"""Tool calls in the text of an answer."""
