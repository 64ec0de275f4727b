"""Checks files before a commit: each ends with one line break, and no cassette holds a secret."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.canary import KEYS

# Keys of the tests, and whatever looks like a key or a header with one. LangChain's tests record
# the header as PLACEHOLDER.
SECRET = re.compile(
    r"bearer|sk-[A-Za-z0-9]|(?:authorization|cookie)\W+(?!PLACEHOLDER)\w|"
    + "|".join(map(re.escape, KEYS)),
    re.IGNORECASE,
)
# Bytes as a server sent them; a line break at their end would be one byte more.
_AS_SENT = {"wirecases", "captures", "__snapshots__"}


def faults(path: Path) -> Iterator[str]:
    """What is wrong with a file, one sentence for each fault."""
    content = path.read_bytes()
    if b"\0" in content:
        return
    if content and not _AS_SENT & set(path.parts):
        if not content.endswith(b"\n"):
            yield "The last line has no line break. Add one."
        elif content.endswith(b"\n\n"):
            yield "The file ends with empty lines. Remove them."
    if path.suffix == ".yaml" and "cassettes" in path.parts:
        found = SECRET.search(content.decode("utf-8"))
        if found:
            line = content.count(b"\n", 0, len(found.string[: found.start()].encode())) + 1
            yield f"Line {line} looks like a secret. Record the cassette again without it."


def main() -> None:
    """Check the files named on the command line."""
    found = [f"{name}: {fault}" for name in sys.argv[1:] for fault in faults(Path(name))]
    sys.exit("\n".join(found) or 0)


if __name__ == "__main__":
    main()
