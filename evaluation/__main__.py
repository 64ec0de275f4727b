"""`python -m evaluation`: `ramclouds eval`, for `make eval`."""

from __future__ import annotations

import sys

from ramclouds.cli import main

if __name__ == "__main__":
    sys.exit(main(["eval", *sys.argv[1:]]))
