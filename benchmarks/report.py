"""Figures to a table, ratios first, and to JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Mapping
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.rows import FRAMEWORKS, ROWS, Row

_ROOT = Path(__file__).parent.parent
RESULTS = _ROOT / "benchmarks" / "results"
_BEGIN = "<!-- benchmarks -->"
_END = "<!-- /benchmarks -->"
_PACKAGES = (
    "langchain-core",
    "langchain-openai",
    "llama-index-core",
    "llama-index-llms-openai-like",
    "llama-index-embeddings-openai-like",
    "openai",
    "httpx",
    "httptools",
    "pydantic",
)
_PEERS = {
    "LangChain": "ChatOpenAI and OpenAIEmbeddings",
    "LlamaIndex": "OpenAILike and OpenAILikeEmbedding",
}

Get = Callable[[str, Row], float | None]


def result(get: Get, curves: Mapping[str, Any], *, minutes: float) -> dict[str, Any]:
    """All of a run as JSON."""
    return {
        "date": date.today().isoformat(),
        "machine": f"{_processor()}, {os.cpu_count()} cores, {platform.system()}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in _PACKAGES},
        "minutes": round(minutes, 1),
        "rows": [_row(row, framework, get) for row in ROWS for framework in FRAMEWORKS],
        "curves": curves,
    }


def _row(row: Row, framework: str, get: Get) -> dict[str, Any]:
    name = FRAMEWORKS[framework]
    ours = get(f"{name}-ours", row)
    peer = get(f"{name}-peer", row)
    parts = [get(part if part == "httpx" else f"{name}-floor", row) for part in row.floor]
    floor = sum(part for part in parts if part is not None) if parts else None
    of_peer, of_floor = _ratio(ours, peer), _ratio(ours, floor)
    return {
        "title": row.title,
        "framework": framework,
        "unit": row.unit,
        "ours": ours,
        "peer": peer,
        "floor": floor,
        "of_peer": of_peer,
        "of_floor": of_floor,
        "of_peer_to_reach": (row.of_peer or {}).get(framework),
        "of_floor_to_reach": (row.of_floor or {}).get(framework),
        "more_is_better": row.more_is_better,
    }


def _ratio(ours: float | None, other: float | None) -> float | None:
    return ours / other if ours is not None and other else None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def write(found: Mapping[str, Any], *, kept: bool) -> str:
    """The table; with `kept` also as the newest results, and into the documents that show it."""
    table = to_markdown(found)
    if kept:
        RESULTS.mkdir(exist_ok=True)
        text = json.dumps(found, indent=1, ensure_ascii=False)
        (RESULTS / "latest.json").write_text(text + "\n", encoding="utf-8")
        (RESULTS / "latest.md").write_text(table + "\n", encoding="utf-8")
        _show(_ROOT / "docs" / "inside" / "performance.md", table)
        _show(_ROOT / "README.md", to_summary(found))
    return table


def _show(document: Path, table: str) -> None:
    """Put a table between a document's two markers, where it has them."""
    text = document.read_text(encoding="utf-8")
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if end:
        document.write_text(f"{before}{begin}\n{table}\n{end}{after}", encoding="utf-8")


def to_summary(found: Mapping[str, Any]) -> str:
    """A short table: how many times less than the peers, where both frameworks have an aim."""
    times: dict[str, list[str]] = {}
    for row in found["rows"]:
        if row["of_peer_to_reach"] and row["of_peer"]:
            times.setdefault(row["title"], []).append(f"{1 / row['of_peer']:.1f}")
    head = [f"{framework}: times less than {peer}" for framework, peer in _PEERS.items()]
    lines = [f"| | {' | '.join(head)} |", f"|---|{'--:|' * len(head)}"]
    lines += [
        f"| {title} | {' | '.join(cells)} |"
        for title, cells in times.items()
        if len(cells) == len(head)
    ]
    return "\n".join(lines)


def to_markdown(found: Mapping[str, Any]) -> str:
    """The table of all rows, with what was to be reached in brackets."""
    lines = [
        "| | peer ÷ ours | ours ÷ floor | ours | peer | floor |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for row in found["rows"]:
        cells = (
            f"{row['title']}, {row['framework']}",
            _times_better(row),
            _of_floor(row),
            *(
                f"{_number(row[name])} {row['unit']}" if row[name] is not None else "-"
                for name in ("ours", "peer", "floor")
            ),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", _about(found)])


def _times_better(row: Mapping[str, Any]) -> str:
    if row["of_peer"] is None:
        return "-"
    better = row["of_peer"] if row["more_is_better"] else 1 / row["of_peer"]
    wanted = row["of_peer_to_reach"]
    return f"**{better:.1f}**" + (f" (≥ {1 / wanted:.1f})" if wanted else "")


def _of_floor(row: Mapping[str, Any]) -> str:
    if row["of_floor"] is None:
        return "-"
    wanted = row["of_floor_to_reach"]
    return f"{row['of_floor']:.2f}" + (f" (≤ {wanted:g})" if wanted else "")


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _about(found: Mapping[str, Any]) -> str:
    packages = ", ".join(f"{name} {number}" for name, number in found["versions"].items())
    peers = ", ".join(f"{peer} in {framework}" for framework, peer in _PEERS.items())
    return (
        f"{found['date']}, {found['machine']}, Python {found['python']}; {packages}. "
        f"Peers: {peers}. In brackets: what was to be reached. The floor is the framework with a "
        "model in memory, plus, where bytes are read, bare httpx and `json` on the same bytes."
    )
