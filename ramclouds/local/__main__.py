"""`python -m ramclouds.local fetch`: the model's file, once for all environments of a user."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from ramclouds.errors import ConfigurationError
from ramclouds.local._download import fetch_model


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command, and return the status of the process."""
    parser = argparse.ArgumentParser(prog="python -m ramclouds.local", description=__doc__)
    parser.add_argument("command", choices=["fetch"], help="download the model (93 MB), once")
    parser.parse_args(argv)
    try:
        path = fetch_model()
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"The local model is {path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
