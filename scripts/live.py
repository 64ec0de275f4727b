"""Asks RamClouds about forty small things: which statements of docs/inside/gateway.md hold.

RAMCLOUDS_API_KEY must be set. RAMCLOUDS_BASE_URL and RAMCLOUDS_MODEL choose another gateway and
model. Nothing that is read is kept. The cost is printed before anything is asked that costs.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence

from ramclouds.local import Endpoint, local_or_remote
from scripts.asks import ASKS, Session, replies_to
from scripts.recorded import Interaction
from scripts.report import print_report
from scripts.statements import findings
from scripts.tape import Finding, Tape

# Of the longest request, with a tool and its result.
_PROMPT_TOKENS = 300


def main() -> int:
    """Ask, judge and print; 1 where a statement does not hold."""
    if not os.environ.get("RAMCLOUDS_API_KEY"):
        sys.exit("RAMCLOUDS_API_KEY is not set: there is no gateway to ask.")
    with local_or_remote() as remote, _session(remote) as session:
        print(f"Asking {session.base_url} about {session.model}, first what costs nothing:")
        replies = replies_to(session, [ask for ask in ASKS if not ask.costs])
        print(cost_line(session, replies))
        if sys.stdin.isatty():
            input("Press Enter to go on, Ctrl-C to stop. ")
        replies |= replies_to(session, [ask for ask in ASKS if ask.costs])
    found = findings(Tape(replies))
    print_report(f"{session.model} at {session.base_url}", found)
    return 1 if differing(found) else 0


def _session(remote: Endpoint) -> Session:
    return Session(remote.base_url, remote.api_key, remote.model)


def differing(found: Mapping[str, Finding]) -> list[str]:
    """The statements that do not hold."""
    return [name for name, finding in found.items() if finding.verdict == "DIFFERS"]


def cost_line(session: Session, replies: Mapping[str, Sequence[Interaction]]) -> str:
    """What is still to be asked, and what it can cost at most."""
    calls = sum(ask.calls for ask in ASKS if ask.costs)
    # `n` asks for one completion more.
    prompt, completion = calls * _PROMPT_TOKENS, (calls + 1) * session.max_tokens
    line = f"{calls} calls follow, of at most {prompt:,} tokens in and {completion:,} out"
    rates = _dollars_per_million(session.model, replies.get("prices", ()))
    if rates is None:
        return f"{line}; the gateway does not tell the price of {session.model}."
    dollars = (prompt * rates[0] + completion * rates[1]) / 1_000_000
    return (
        f"{line}: at most ${dollars:.4f} by the gateway's own prices, without the group's factor."
    )


def _dollars_per_million(model: str, replies: Sequence[Interaction]) -> tuple[float, float] | None:
    """Of the prompt and of the completion: a `model_ratio` of 1 is 2 dollars a million."""
    try:
        rows = [row for row in replies[-1].json["data"] if row["model_name"] == model]
        prompt = 2 * float(rows[0]["model_ratio"])
        return prompt, prompt * float(rows[0]["completion_ratio"])
    except (IndexError, KeyError, TypeError, json.JSONDecodeError):
        return None


if __name__ == "__main__":
    sys.exit(main())
