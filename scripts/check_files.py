"""Checks files before a commit: each ends with one line break, and none holds a secret."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.canary import KEYS

# LangChain's tests record a header with a key as PLACEHOLDER; a page of a wire case sets a cookie.
_NO_SECRET = r"(?!PLACEHOLDER|__cf_bm=abc|\*)"
_HEADER = (
    r"(?i:\b(?:authorization|cookie|api[-_]key|x-auth-token|x-access-token)"
    # In YAML the values are a list below the name.
    rf"[\"']?[ \t]*:[ \t]*(?:\r?\n *- *)?[\[\"' ]*{_NO_SECRET}\w)"
)
# The beginnings of keys that vendors make: OpenAI, Google, GitHub, AWS, Slack, Hugging Face, Groq,
# xAI. OpenAI, and the gateway, write some with stars in their error messages.
_KEY = (
    r"(?i:\bsk-(?![\w-]*\*)\w)|\bAIzaSy[\w-]|\bgh[opsur]_\w|\bgithub_pat_\w|\bAKIA[0-9A-Z]{8}"
    r"|\bxox[abprs]-\w|\bhf_[A-Za-z]{8}|\bgsk_\w|\bxai-\w"
)
_USER = rf"\w://[^\s/:@\"'<>]*:{_NO_SECRET}[^\s/@\"'<>]+@"
_QUERY = rf"[?&](?i:(?:[a-z]+[-_])?(?:key|token|secret))={_NO_SECRET}\w"
# What a recording never holds: a key of the tests, and whatever looks like a key.
SECRET = re.compile("|".join([rf"(?i:\bbearer\b|{'|'.join(KEYS)})", _HEADER, _KEY, _USER, _QUERY]))
# Elsewhere names such as `sk-load` stand for a key, and tests have keys of their own.
LONG_KEY = re.compile(
    r"\bsk-(?!your-)(?:\w+-)*\w{8}|\bAIzaSy[\w-]{8}|\bgh[opsur]_\w{8}|\bgithub_pat_\w{8}"
    r"|\bAKIA[0-9A-Z]{16}"
)
_RECORDED = {"cassettes", "wirecases", "captures"}
# Bytes as a server sent them; a line break at their end would be one byte more.
_AS_SENT = {"wirecases", "captures", "__snapshots__"}


def faults(path: Path) -> Iterator[str]:
    """What is wrong with a file, one sentence for each fault."""
    content = path.read_bytes()
    if content and b"\0" not in content and not _AS_SENT & set(path.parts):
        if not content.endswith(b"\n"):
            yield "The last line has no line break. Add one."
        elif content.endswith(b"\n\n"):
            yield "The file ends with empty lines. Remove them."
    is_recording = path.suffix not in (".md", ".py") and _RECORDED & set(path.parts)
    if not is_recording and "tests" in path.parts:
        return
    text = content.decode("utf-8", "replace")
    found = (SECRET if is_recording else LONG_KEY).search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        what = "Record it again without it." if is_recording else "Take it out."
        yield f"Line {line} looks like a secret. {what}"


def main() -> None:
    """Check the files named on the command line."""
    found = [f"{name}: {fault}" for name in sys.argv[1:] for fault in faults(Path(name))]
    sys.exit("\n".join(found) or 0)


if __name__ == "__main__":
    main()
