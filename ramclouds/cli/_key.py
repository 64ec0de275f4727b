"""Whether a key is set, and what the command says where none is: `--help` loads it, not httpx."""

from __future__ import annotations

import os

NO_KEY = (
    "No API key. Set the environment variable RAMCLOUDS_API_KEY. Get a key at https://ramclouds.me."
)


def has_key() -> bool:
    """Whether a key is set."""
    return bool(os.environ.get("RAMCLOUDS_API_KEY", "").strip())
