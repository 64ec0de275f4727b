"""Says for each statement of docs/gateway.md whether a recorded server agrees with it.

python -m scripts.report cassettes/llama.cpp-smollm2
"""

from __future__ import annotations

import sys
from pathlib import Path

from scripts.recorded import ROOT, load
from scripts.statements import Finding, Tape, findings, statements_in

DOCUMENT = ROOT / "docs" / "gateway.md"
_VERDICTS = {True: "agrees", False: "DIFFERS", None: "not shown"}


def report_on(folder: Path) -> dict[str, Finding]:
    """What the client's cassettes in a server's folder say to each statement."""
    paths = sorted((folder / "ramclouds").glob("*.yaml"))
    return findings(Tape({path.stem: load(path) for path in paths}))


def print_report(folder: Path) -> None:
    """Print the report, statement by statement, and the sum."""
    found = report_on(folder)
    print(f"\nWhat {folder.name} says to the statements of docs/gateway.md:\n")
    for name, text in statements_in(DOCUMENT.read_text("utf-8")).items():
        finding = found[name]
        print(f"  {_VERDICTS[finding.agrees]:9}  {name}: {text}")
        print(f"             seen: {finding.seen}")
    verdicts = [finding.agrees for finding in found.values()]
    counts = [f"{verdicts.count(agrees)} {word}" for agrees, word in _VERDICTS.items()]
    print(f"\n  {', '.join(counts)}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print_report(Path(sys.argv[1]))
