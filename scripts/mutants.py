"""Runs mutmut on a copy of the tree, and says which of its changes no test notices.

python -m scripts.mutants [FILE ...]     of those in pyproject.toml, by default all
EVERY=3 python -m scripts.mutants        a third of the changes, the same ones each time
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
_SURVIVED, _UNTESTED, _TIMED_OUT = 0, 33, -24
"""mutmut's exit codes; anything else is a test that failed, or an error."""


def main() -> int:
    """Run mutmut on a copy of the working tree; 0 if it ran to its end."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch)
        _copy_tree(copy)
        if files := sys.argv[1:]:
            _choose(copy / "pyproject.toml", files)
        code = _run(copy)
        for path in sorted((copy / "mutants").rglob("*.py.meta")):
            _report(copy, path)
        return code


def _copy_tree(copy: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)


def _run(copy: Path) -> int:
    # Its progress bar redraws itself a hundred times a mutant.
    command = [sys.executable, "-m", "scripts.patient_mutmut", "run"]
    log = Path(tempfile.gettempdir()) / "mutants.log"
    print(f"Mutating in {copy}; progress in {log}", flush=True)
    with log.open("wb") as progress:
        done = subprocess.run(
            command,
            cwd=copy,
            stdout=progress,
            stderr=subprocess.STDOUT,
            check=False,
        )
    return done.returncode


def _choose(settings: Path, files: Sequence[str]) -> None:
    text = settings.read_text("utf-8")
    before, _, rest = text.partition("only_mutate = [")
    _, _, after = rest.partition("]")
    settings.write_text(f"{before}only_mutate = {json.dumps(list(files))}{after}", "utf-8")


def _report(copy: Path, meta: Path) -> None:
    results = json.loads(meta.read_text("utf-8"))["exit_code_by_key"]
    counts = list(results.values())
    if not counts:
        return
    alive = [name for name, code in results.items() if code in (_SURVIVED, _UNTESTED)]
    tried = len(counts) - counts.count(None)
    noticed, slow = tried - len(alive), counts.count(_TIMED_OUT)
    file = meta.relative_to(copy / "mutants").with_suffix("")
    print(
        f"\n{file}: {noticed} of {tried} noticed ({100 * noticed / (tried or 1):.1f} %), "
        f"{slow} of them by the time limit, {len(counts) - tried} not tried"
    )
    for name in alive:
        print(f"\n{name}")
        print("\n".join(_changed_lines(copy, name)), flush=True)


def _changed_lines(copy: Path, name: str) -> Iterator[str]:
    command = [str(Path(sys.executable).with_name("mutmut")), "show", name]
    shown = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False).stdout
    for line in shown.splitlines():
        if line[:1] in "+-" and line[:3] not in ("+++", "---"):
            yield f"    {line}"


if __name__ == "__main__":
    sys.exit(main())
