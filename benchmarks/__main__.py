"""Measure everything, and write `results/latest.json`, `.md` and `.png`."""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from dataclasses import dataclass, field

from benchmarks import plots, report
from benchmarks.rows import CURVES, FRAMEWORKS, ROWS, Curve, Row
from benchmarks.server import running
from benchmarks.worker import Job, ask

_SUBJECTS = ("ours", "peer", "floor")
_LONG = ("many_calls", "many_streams", "embedded_texts")


@dataclass
class Samples:
    """Figures of several passes, by subject and job."""

    taken: dict[tuple[str, str, str], list[dict[str, float]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, subject: str, job: Job, figures: dict[str, float]) -> None:
        self.taken[subject, job.measure, job.path].append(figures)

    def get(self, subject: str, row: Row) -> float | None:
        """The best pass: what else runs on a machine only takes away."""
        found = self.taken.get((subject, row.job.measure, row.job.path), [])
        best = max if row.more_is_better else min
        return best((figures[row.figure] for figures in found), default=None)


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one pass, and no plots")
    quick: bool = parser.parse_args().quick
    start = time.perf_counter()
    with running() as root:
        samples = _measure(root, passes=1 if quick else 3)
        curves = {} if quick else {curve.title: _grow(root, curve) for curve in CURVES}
    result = report.result(samples.get, curves, minutes=(time.perf_counter() - start) / 60)
    print(report.write(result, kept=not quick))
    if curves:
        plots.write(result)


def _measure(root: str, *, passes: int) -> Samples:
    samples = Samples()
    for number in range(passes):
        # Subjects in turn, so that a busy machine is unfair to all alike.
        for subject in _all_subjects():
            _note(f"pass {number + 1} of {passes}: {subject}")
            jobs = _jobs_of(subject, alone=False)
            for job, figures in zip(jobs, ask(subject, root, jobs, seconds=400), strict=False):
                samples.add(subject, job, figures)
            for job in _jobs_of(subject, alone=True):
                # Peers take long over many at once: once is enough.
                if number == 0 or not (job.measure in _LONG and subject.endswith("peer")):
                    for figures in ask(subject, root, [job], seconds=200):
                        samples.add(subject, job, figures)
    return samples


def _all_subjects() -> list[str]:
    return [
        *(f"{name}-{subject}" for name in FRAMEWORKS.values() for subject in _SUBJECTS),
        "httpx",
    ]


def _jobs_of(subject: str, *, alone: bool) -> list[Job]:
    part = {"floor": "framework", "httpx": "httpx"}.get(subject.rpartition("-")[2])
    rows = [row for row in ROWS if row.alone == alone and (part is None or part in row.floor)]
    # Rows that show two figures of one measure share its job.
    return list({(row.job.measure, row.job.path): row.job for row in rows}.values())


def _grow(root: str, curve: Curve) -> dict[str, dict[str, dict[str, float]]]:
    grown: dict[str, dict[str, dict[str, float]]] = {}
    for framework, name in FRAMEWORKS.items():
        for subject in curve.subjects:
            _note(f"{curve.title}: {name}-{subject}")
            figures = ask(f"{name}-{subject}", root, [curve.job], seconds=400)
            grown.setdefault(framework, {})[subject] = figures[0] if figures else {}
    return grown


def _note(text: str) -> None:
    print(f"\r\033[K{text}", end="\r", flush=True)


if __name__ == "__main__":
    main()
