"""The chat completions route: `POST /v1/chat/completions`."""
