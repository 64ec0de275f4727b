"""How cost grows with size, as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.report import RESULTS
from benchmarks.rows import CURVES

_COLORS = {"LangChain": "tab:green", "LlamaIndex": "tab:purple"}
_LINES = {"ours": "-", "peer": "--", "floor": ":"}


def write(found: Mapping[str, Any]) -> None:
    """Write `results/latest.png`."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, all_axes = pyplot.subplots(1, len(CURVES), figsize=(5 * len(CURVES), 4.4))
    for axes, curve in zip(all_axes, CURVES, strict=True):
        for framework, subjects in found["curves"][curve.title].items():
            for subject, figures in subjects.items():
                axes.plot(
                    [int(size) for size in figures],
                    list(figures.values()),
                    _LINES[subject],
                    color=_COLORS[framework],
                    marker=".",
                    label=f"{framework}, {subject}",
                )
        axes.set(title=curve.title, xlabel=curve.size, ylabel=curve.unit)
        axes.set(xscale="log", yscale="log")
        axes.grid(alpha=0.3, which="both")
    all_axes[-1].legend(fontsize=8, loc="upper left")
    figure.tight_layout()
    figure.savefig(RESULTS / "latest.png", dpi=110)
