"""`python -m ramclouds`: the command `ramclouds`."""

from __future__ import annotations

import sys

from ramclouds.cli import main

if __name__ == "__main__":
    sys.exit(main())
