"""How a run ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ramclouds.bulk._lines import Result
from ramclouds.bulk._outputs import Outputs
from ramclouds.bulk._plan import Plan, Stop
from ramclouds.bulk._reading import Reading
from ramclouds.types import Usage

_EXIT_CODES: dict[Stop | None, int] = {"budget": 2, "interrupted": 130}
_WHY: dict[Stop, str] = {
    "refused": "stopped: the gateway refuses every call",
    "budget": "stopped by the budget",
    "interrupted": "interrupted: run it again for the rows that are left",
    "disk": "stopped: the results cannot be written",
}


@dataclass(frozen=True, slots=True)
class Report:
    """What a bulk run did; `usage` and `cost` are of this run alone."""

    answered: int = 0
    """Rows that this run got an answer for."""
    failed: int = 0
    """Rows without an answer, those that failed for good in an earlier run too."""
    skipped: int = 0
    """Rows that an earlier run had answered."""
    left: int | None = 0
    """Rows that were not asked, because the run stopped; None where nobody knows."""
    bad: int = 0
    """Rows that could not be read (`skip_bad`): a part of `failed`."""
    stopped: Stop | None = None
    """Why it stopped early; None where it asked all."""
    reason: str = ""
    """Why, in a sentence."""
    usage: Usage = field(default_factory=Usage)
    cost: float | None = None
    """In US dollars; None where no price is known."""
    seconds: float = 0.0
    failures: dict[str, int] = field(default_factory=dict)
    """How many rows failed with which error."""
    out: Path | None = None
    errors: Path | None = None
    """The file of failed rows, where there are some."""
    unwritten: tuple[Result, ...] = field(default=(), repr=False)
    """Results that came after the disk was full: keep them yourself."""

    @property
    def exit_code(self) -> int:
        """0 all answered, 1 some failed or refused, 2 budget, 130 interrupted."""
        return _EXIT_CODES.get(self.stopped, 1 if self.failed or self.stopped else 0)

    def __repr__(self) -> str:
        return f"<Report: {self}>"

    def __str__(self) -> str:
        rows = f"{self.answered:,} answered, {self.failed:,} failed{self._failures()}"
        skipped = f", {self.skipped:,} skipped" if self.skipped else ""
        left = f", {self.left:,} left" if self.left else ""
        parts = [f"{rows}{skipped}{left} in {_duration(self.seconds)}", self._usage()]
        if self.stopped is not None:
            parts.append(_WHY[self.stopped] + (f" ({self.reason})" if self.reason else ""))
        if self.errors is not None:
            parts.append(f"errors in {self.errors}")
        return "; ".join(filter(None, parts))

    def _failures(self) -> str:
        counts = sorted(self.failures.items(), key=lambda pair: -pair[1])
        shown = ", ".join(f"{name} {count:,}" for name, count in counts[:3])
        return f" ({shown})" if shown else ""

    def _usage(self) -> str:
        tokens = f"{self.usage.total_tokens:,} tokens" if self.usage.total_tokens else ""
        cost = dollars(self.cost) if self.cost else ""
        return ", ".join(filter(None, (tokens, cost)))


def report_of(plan: Plan, reading: Reading, outputs: Outputs, seconds: float) -> Report:
    """The report of a run that has ended."""
    found = reading.counts
    failed = plan.failed + found.failed + found.bad
    done = plan.answered + failed + found.skipped
    left = None if plan.stopped else 0
    return Report(
        answered=plan.answered,
        failed=failed,
        skipped=found.skipped,
        left=left if reading.total is None else reading.total - done,
        bad=found.bad,
        stopped=plan.stopped,
        reason=plan.reason,
        usage=plan.spent.usage,
        cost=plan.spent.cost,
        seconds=seconds,
        failures=dict(plan.failures),
        out=outputs.out,
        errors=outputs.errors,
        unwritten=tuple(outputs.unwritten),
    )


def dollars(cost: float) -> str:
    """A cost to read."""
    return f"${cost:,.2f}" if cost >= 1 else f"${cost:.6f}".rstrip("0").rstrip(".")


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
