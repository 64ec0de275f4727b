"""Says for each statement of docs/inside/gateway.md whether a recorded server agrees with it.

python -m scripts.report cassettes/llama.cpp-smollm2
"""

from __future__ import annotations

import sys
from pathlib import Path

from scripts.recorded import ROOT, load
from scripts.statements import findings, statements_in
from scripts.tape import VERDICTS, Finding, Tape

DOCUMENT = ROOT / "docs" / "inside" / "gateway.md"


def report_on(folder: Path) -> dict[str, Finding]:
    """What the cassettes in a server's folder say to each statement."""
    return findings(Tape({_name(path): load(path) for path in sorted(folder.glob("*/*.yaml"))}))


def _name(path: Path) -> str:
    """The client's cassettes by their name, an adapter's with its package before."""
    package = path.parent.name
    return path.stem if package == "ramclouds" else f"{package}/{path.stem}"


def print_report(server: str, found: dict[str, Finding]) -> None:
    """Print what a server says, statement by statement, and the sum."""
    print(f"\nWhat {server} says to the statements of docs/inside/gateway.md:\n")
    for name, text in statements_in(DOCUMENT.read_text("utf-8")).items():
        print(f"  {found[name].verdict:11}  {name}: {text}")
        print(f"               seen: {found[name].seen}")
    verdicts = [finding.verdict for finding in found.values()]
    print(f"\n  {', '.join(f'{verdicts.count(one)} {one}' for one in VERDICTS)}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    print_report(folder.name, report_on(folder))
