"""The gateway's JSON and its event streams, to our values and back."""
