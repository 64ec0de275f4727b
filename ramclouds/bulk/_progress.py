"""How far a run is: a bar where tqdm is installed, else lines in the log."""

from __future__ import annotations

import builtins
import logging
import sys
import time
from typing import Any

from ramclouds.bulk._limits import Limits, in_words
from ramclouds.bulk._plan import Plan
from ramclouds.bulk._reading import Reading
from ramclouds.bulk._report import dollars

logger = logging.getLogger("ramclouds.bulk")

_SECONDS_BETWEEN_BARS = 0.2
_SECONDS_BETWEEN_LINES = 10.0


class Progress:
    """Shows a plan as it goes; call it after each result, and `close` at the end."""

    def __init__(self, plan: Plan, reading: Reading, limits: Limits) -> None:
        self._plan, self._reading, self._limits = plan, reading, limits
        self._bar = _bar()
        self._shown_at = self._began_at = time.monotonic()
        self._pause = _SECONDS_BETWEEN_LINES if self._bar is None else _SECONDS_BETWEEN_BARS

    def __call__(self) -> None:
        now = time.monotonic()
        if now - self._shown_at >= self._pause:
            self._shown_at = now
            self._show(now)

    def close(self) -> None:
        """Shows the end."""
        self._show(time.monotonic())
        if self._bar is not None:
            self._bar.close()

    def _show(self, now: float) -> None:
        found, plan = self._reading.counts, self._plan
        before = found.skipped + found.failed + found.bad
        asked = plan.answered + plan.failed
        if self._bar is None:
            logger.info("%s", self._line(before + asked, asked, now))
            return
        self._bar.total = self._reading.total
        # Rows that were there already say nothing about how long the others take.
        self._bar.initial = before
        self._bar.n = before + asked
        self._bar.set_postfix_str(self._facts(), refresh=False)
        self._bar.refresh()

    def _line(self, done: int, asked: int, now: float) -> str:
        total = self._reading.total
        rate = asked / max(now - self._began_at, 1e-9)
        of = f" of {total:,}" if total is not None else ""
        left = f", {(total - done) / rate:.0f} s left" if total is not None and asked else ""
        return f"{done:,}{of} rows, {rate:.1f} rows/s{left}, {self._facts()}"

    def _facts(self) -> str:
        plan = self._plan
        facts = [f"{plan.in_flight} in flight"]
        if plan.failed:
            facts.insert(0, f"{plan.failed:,} failed")
        facts.append(in_words(self._limits()))
        if plan.spent.usage.total_tokens:
            facts.append(f"{plan.spent.usage.total_tokens:,} tokens")
        if plan.spent.cost:
            facts.append(dollars(plan.spent.cost))
        return ", ".join(filter(None, facts))


def is_wanted(setting: bool | None) -> bool:
    """Whether progress is shown; None asks for it in a terminal and in a notebook."""
    if setting is not None:
        return setting
    # IPython has it while a cell runs.
    return sys.stderr.isatty() or hasattr(builtins, "get_ipython")


def _bar() -> Any:
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    # Also into a file, if the user asked for progress.
    return tqdm(unit=" rows", disable=False)
