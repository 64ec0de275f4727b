"""The named statements of docs/inside/gateway.md, and what a server's replies say to them. Pure."""

from __future__ import annotations

import re

from scripts.checks import ABOUT_ERRORS, CHECKS
from scripts.tape import Check, Finding, NotShownError, Tape, is_refusal

_STATEMENT = re.compile(r"^- \*\*([a-z-]+)\*\*: (.+(?:\n  .+)*)", re.MULTILINE)
# How a statement is known stands at its end: "[A M B: `claude-stream-text`]".
_MARK = re.compile(r" \[[^\]]*\]$")


def statements_in(markdown: str) -> dict[str, str]:
    """Name and text of each statement in a document."""
    found = _STATEMENT.findall(markdown)
    return {name: _MARK.sub("", " ".join(text.split())) for name, text in found}


def findings(tape: Tape) -> dict[str, Finding]:
    """What a server's replies say to each statement."""
    return {name: _finding(name, tape) for name in CHECKS}


def _finding(name: str, tape: Tape) -> Finding:
    tape.failure()
    found = _checked(CHECKS[name], tape)
    failure = tape.failure()
    if found.agrees is not False or failure is None or name in ABOUT_ERRORS:
        return found
    seen = f"{failure.status}: {failure.text[:200]}"
    if is_refusal(failure):
        return Finding(None, seen, is_allowed=False)
    return Finding(False, seen)


def _checked(check: Check, tape: Tape) -> Finding:
    try:
        return check(tape)
    except NotShownError as exc:
        return Finding(None, str(exc))
    except (ValueError, KeyError, IndexError, TypeError, StopIteration) as exc:
        # A server that replies in other shapes differs; it does not end the report.
        return Finding(False, f"another shape: {exc!r}")
