"""Records the cassettes of one server, plays them back, and prints what changed.

    python -m scripts.record                       from the local model, into a temporary folder
    python -m scripts.record --into FOLDER         the same, into a folder of your choice
    python -m scripts.record --live                from RamClouds (RAMCLOUDS_API_KEY), into
                                                   cassettes/ramclouds.me

With `--live`, RAMCLOUDS_BASE_URL names another gateway, RAMCLOUDS_MODEL another model.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import urlsplit

from ramclouds.local import LocalServer, local_or_remote
from scripts.compare import differences
from scripts.readme import write_readme
from scripts.recorded import CASSETTES, ROOT
from scripts.report import print_report, report_on

LOCAL = "llama.cpp-smollm2"
PACKAGES = ("ramclouds", "langchain_ramclouds", "llama_index_ramclouds")
REPLAYING = [f"tests/replay/test_{package}.py" for package in PACKAGES]
_MODULES = re.compile(r"\b(?:\w+\.)+(?=\w+Error\b)")


@dataclass(frozen=True)
class Source:
    """A server to record from."""

    name: str
    base_url: str
    api_key: str
    model: str
    max_tokens: int


def main() -> int:
    """Record, play back, compare, report; 0 if what was recorded plays back."""
    args = _arguments()
    with _source(live=args.live) as source:
        folder = _empty_folder(args.into or _default_folder(source, live=args.live), args.replace)
        print(f"Recording from {source.base_url} ({source.model}) into {folder}")
        _write_facts(folder, source, not_recorded={})
        failed = _run_tests(folder, _recording(source))
        remove_what_holds(source.api_key, folder)
    for name in failed:
        (folder / f"{name}.yaml").unlink(missing_ok=True)
    _write_facts(folder, source, not_recorded=failed)
    write_readme(folder)
    for name, why in failed.items():
        print(f"  not recorded: {name}: {why}")
    broken = _run_tests(folder, {"CASSETTES": str(folder)})
    for name, why in broken.items():
        print(f"  does not play back: {name}: {why}")
    if not broken:
        print("  all of it plays back, with the network off")
    _print_differences(CASSETTES / source.name, folder)
    print_report(source.name, report_on(folder))
    return 1 if broken else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--into", type=Path, help="the folder to write")
    parser.add_argument("--live", action="store_true", help="record from RamClouds")
    parser.add_argument("--replace", action="store_true", help="empty the folder first")
    return parser.parse_args()


@contextmanager
def _source(*, live: bool) -> Iterator[Source]:
    if not live:
        with LocalServer(n_ctx=1024, parallel=2) as server:
            yield Source(LOCAL, server.base_url, server.api_key, server.model, max_tokens=48)
        return
    if not os.environ.get("RAMCLOUDS_API_KEY"):
        sys.exit("RAMCLOUDS_API_KEY is not set. Set it to record from RamClouds.")
    with local_or_remote() as remote:
        name = urlsplit(remote.base_url).hostname or "gateway"
        # Reasoning counts too: with fewer tokens a model writes no text after it.
        yield Source(name, remote.base_url, remote.api_key, remote.model, max_tokens=2000)


def _default_folder(source: Source, *, live: bool) -> Path:
    return CASSETTES / source.name if live else Path(tempfile.mkdtemp()) / source.name


def _empty_folder(folder: Path, replace: bool) -> Path:
    folder = folder.resolve()
    if folder.exists() and any(folder.iterdir()):
        if not replace:
            sys.exit(f"{folder} is not empty. Give another folder, or --replace to empty it.")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write_facts(folder: Path, source: Source, *, not_recorded: Mapping[str, str]) -> None:
    facts = {
        "model": source.model,
        "max_tokens": source.max_tokens,
        "recorded": datetime.now(timezone.utc).date().isoformat(),
        "not_recorded": dict(sorted(not_recorded.items())),
    }
    text = json.dumps(facts, indent=2, ensure_ascii=False) + "\n"
    (folder / "server.json").write_text(text, "utf-8")


def _recording(source: Source) -> dict[str, str]:
    # In the environment, because other users can read a process's arguments.
    return {"RAMCLOUDS_BASE_URL": source.base_url, "RAMCLOUDS_API_KEY": source.api_key}


def remove_what_holds(key: str, folder: Path) -> None:
    """Delete the recording and stop if a response holds the key."""
    secret = key.removeprefix("sk-")
    if any(secret in path.read_text("utf-8") for path in folder.rglob("*.yaml")):
        shutil.rmtree(folder)
        sys.exit(f"A response holds the API key. {folder} is deleted, and nothing was recorded.")


def _run_tests(folder: Path, environment: dict[str, str]) -> dict[str, str]:
    """Run the tests of the cassettes; those that failed, with the reason."""
    recording = "RAMCLOUDS_API_KEY" in environment
    with tempfile.TemporaryDirectory() as scratch:
        results = Path(scratch) / "results.xml"
        command = [sys.executable, "-m", "pytest", *REPLAYING, "-q", "--no-header", "--tb=no"]
        command += ["-p", "no:randomly", "-p", "no:cacheprovider", f"--junitxml={results}", "-rN"]
        if recording:
            command += ["--record-mode=once", "--force-enable-socket", "--timeout=600"]
        subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "CASSETTES": str(folder), **environment},
            check=False,
        )
        return _failures(results)


def _failures(results: Path) -> dict[str, str]:
    failed: dict[str, str] = {}
    for case in ElementTree.parse(results).iter("testcase"):
        for problem in (*case.findall("failure"), *case.findall("error")):
            package = case.attrib["classname"].rpartition("test_")[2]
            name = case.attrib["name"].partition("[")[0].removeprefix("test_")
            why = problem.attrib.get("message", "").partition("\n")[0]
            failed.setdefault(f"{package}/{name}", _MODULES.sub("", why)[:200])
    return failed


def _print_differences(before: Path, after: Path) -> None:
    if before == after or not (before / "server.json").exists():
        return
    found = list(differences(before, after))
    for line in found or ["the same requests, and responses of the same status"]:
        print(f"  compared with {before.relative_to(ROOT)}: {line}")


if __name__ == "__main__":
    sys.exit(main())
