"""Bulk runs on a cluster: a Ray Data pipeline whose actors keep a journal each."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic_core import to_jsonable_python
from typing_extensions import Unpack

from ramclouds._client import AsyncClient
from ramclouds._meter import COUNTS
from ramclouds._wire.chat.request_body import Params
from ramclouds.bridge.body_fields import in_count
from ramclouds.bulk._journal import Journal, read
from ramclouds.bulk._lines import Result
from ramclouds.bulk._options import Options, RunLimits
from ramclouds.bulk._outputs import Outputs
from ramclouds.bulk._plan import Plan
from ramclouds.bulk._report import Report
from ramclouds.bulk._rows import Row
from ramclouds.bulk._setup import chat_run
from ramclouds.errors import ConfigurationError
from ramclouds.types import Usage

__all__ = ["run"]

# Between two batches an actor waits for the last answers, so a batch is several times what is in
# flight; and each actor gets several batches, so that none is idle at the end.
_BATCH_PER_FLIGHT = 8
_BATCHES_PER_ACTOR = 4
_MOST_ACTORS = 10_000


def run(
    rows: Any,
    *,
    out: str | os.PathLike[str],
    model: str | None = None,
    invoke: Any = None,
    client: AsyncClient | None = None,
    prompt: str | None = None,
    actors: int = 2,
    max_in_flight: int = 256,
    skip_bad: bool = False,
    retry_failed: bool = False,
    **params: Unpack[Params],
) -> Report:
    """Asks all rows by actors of Ray, and merges their answers into `out`; else as `bulk.run`.

    `rows` may be a Dataset of Ray as well. Each actor has a client of its own, which reads
    RAMCLOUDS_API_KEY where it runs: no key travels. Up to `max_in_flight` calls are in flight in
    each. An actor writes its answers into a file in the folder `<out>.parts`, which all machines
    must share. After a kill the next run merges those files first.

    There is no budget, because it would not be kept: an actor that Ray starts anew cannot know
    what the dead one has spent, and the gateway's prices are known where they were asked for.

    Raises:
        ConfigurationError: as `bulk.run`, or Ray is missing.
    """
    in_count("actors", actors, 1, _MOST_ACTORS)
    rows = rows.iter_rows() if hasattr(rows, "iter_rows") else rows
    limits = RunLimits(max_in_flight)
    options = Options(
        rows, out, model, client, prompt, limits, skip_bad=skip_bad, retry_failed=retry_failed
    )
    parts = Path(f"{os.fspath(out)}.parts")
    _merge_what_was_left(Path(out), parts)
    with chat_run(options, invoke, params) as running:
        running.reading.prepare()
        to_ask = [row for rows in running.reading.work(1) if isinstance(rows, list) for row in rows]
        if not to_ask:
            return running.report()
        parts.mkdir()
        worker = (replace(options, rows=(), out=parts), invoke, params)
        try:
            for summary in _summaries(to_ask, worker, actors):
                _add(running.plan, summary)
        except KeyboardInterrupt:
            running.plan.stop("interrupted", "The next run merges what the actors have written.")
            return running.report()
        for result in _results(parts):
            running.outputs.write(result)
        report = running.report()
    _remove(parts)
    return report


class Worker:
    """What an actor does: asks the rows of a batch, and writes the answers into its part."""

    def __init__(self, options: Options, invoke: Any, params: Mapping[str, Any]) -> None:
        part = Path(str(options.out)) / f"{socket.gethostname()}-{os.getpid()}.jsonl"
        # Ray starts an actor anew where one has died, and gives it the same batch.
        self._answered = {result.key for result in _results(part.parent) if result.is_answered}
        # Open as long as the actor lives; what is written is safe without closing.
        self._run = chat_run(replace(options, out=part), invoke, params)
        self._is_stopped = False

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, list[str]]:
        """Gives what the rows of a batch came to, as one row."""
        if self._is_stopped:
            return {"summary": []}
        rows = [Row(**json.loads(text)) for text in batch["row"]]
        plan = self._run.ask([row for row in rows if row.key not in self._answered])
        self._is_stopped = plan.stopped is not None
        return {"summary": [_summary(plan)]}


def _summaries(rows: list[Row], worker: tuple[Any, ...], actors: int) -> Iterator[dict[str, Any]]:
    """Runs the pipeline, and gives what each batch came to."""
    ray_data = _ray_data()
    in_flight = worker[0].limits.max_in_flight
    size = min(in_flight * _BATCH_PER_FLIGHT, len(rows) // (actors * _BATCHES_PER_ACTOR) + 1)
    items = [{"row": json.dumps(row._asdict(), default=to_jsonable_python)} for row in rows]
    asked = ray_data.from_items(items).map_batches(
        Worker,
        fn_constructor_args=worker,
        batch_size=size,
        # With blocks of any other size a batch is cut, or waits for rows of the next block.
        compute=ray_data.ActorPoolStrategy(size=actors),
    )
    for row in asked.iter_rows():
        yield json.loads(row["summary"])


def _ray_data() -> Any:
    try:
        import ray.data
    except ImportError as exc:
        raise ConfigurationError(
            'This needs Ray. Install it on all machines: pip install "ramclouds[ray]"'
        ) from exc
    return ray.data


def _summary(plan: Plan) -> str:
    spent = plan.spent
    return json.dumps(
        {
            "answered": plan.answered,
            "failed": plan.failed,
            "failures": plan.failures,
            "stopped": plan.stopped,
            "reason": plan.reason,
            "usage": {name: getattr(spent.usage, name) for name in COUNTS},
            "cost": spent.cost,
        }
    )


def _add(plan: Plan, summary: Mapping[str, Any]) -> None:
    plan.answered += summary["answered"]
    plan.failed += summary["failed"]
    plan.failures.update(summary["failures"])
    plan.spent.add(Usage(**summary["usage"]), summary["cost"])
    if summary["stopped"] is not None:
        plan.stop(summary["stopped"], summary["reason"])


def _merge_what_was_left(out: Path, parts: Path) -> None:
    """Merges the files of a run that was killed; raises where its actors still write."""
    if not parts.exists():
        return
    for part in _files(parts):
        Journal(part).close()
    with closing(Outputs(out, ())) as outputs:
        for result in _results(parts):
            outputs.write(result)
    _remove(parts)


def _results(parts: Path) -> Iterator[Result]:
    for part in _files(parts):
        yield from read(part)


def _files(parts: Path) -> list[Path]:
    return [part for part in sorted(parts.iterdir()) if not part.stem.endswith(".errors")]


def _remove(parts: Path) -> None:
    for part in parts.iterdir():
        part.unlink()
    parts.rmdir()
