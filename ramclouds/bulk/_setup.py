"""The parts of a run, put together from what its caller gave."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, aclosing, closing, nullcontext
from copy import copy
from functools import partial
from typing import Any

from ramclouds._client import AsyncClient
from ramclouds.bulk._asking import Ask, ask_chat, ask_embed, ask_invoke
from ramclouds.bulk._invoking import call_of
from ramclouds.bulk._job import Job
from ramclouds.bulk._kinds import BODY_FIELDS, chat_kind, embed_kind, invoke_kind
from ramclouds.bulk._limits import is_crowded, learned_here, limits_of
from ramclouds.bulk._lines import Result
from ramclouds.bulk._needs import Asked, Needs, models_in
from ramclouds.bulk._options import Options
from ramclouds.bulk._outputs import Outputs
from ramclouds.bulk._plan import Plan
from ramclouds.bulk._progress import Progress, is_wanted
from ramclouds.bulk._reading import Reading
from ramclouds.bulk._report import Report, report_of
from ramclouds.bulk._rows import Kind, Row
from ramclouds.bulk._running import Runner
from ramclouds.errors import ConfigurationError

MAX_RETRIES = 8
"""Of a run's own client: an outage of half a minute fails no row."""


class Run:
    """A run with its files open; `with` closes them."""

    def __init__(
        self,
        options: Options,
        kind: Kind,
        ask: Ask,
        models: Callable[[Any], Sequence[Asked]],
        client: AsyncClient | None = None,
        group: int = 1,
    ) -> None:
        self._client = client
        """The client to close in the end; None where `invoke` asks."""
        self._limits = None if client is None else limits_of(client)
        self._ask = ask
        self._began_at = time.monotonic()
        self._budget = options.limits.budget()
        self._needs = Needs(self._budget, kind.need, models)
        self.plan = Plan(options.limits.max_in_flight, self._budget)
        self.outputs = Outputs(options.out, options.rows)
        self.reading = Reading(options, kind, self.outputs, self._needs.require_prices)
        self.job = self._job(self.reading.work(group))

    def _job(self, work: Iterator[list[Row] | Result]) -> Job:
        job = Job(work, self._ask, self._needs, self.plan, self.outputs)
        if (limits := self._limits) is not None:
            job.is_crowded = lambda: is_crowded(limits())
        return job

    async def results(self) -> AsyncGenerator[Result, None]:
        """The results as they come."""
        async with self._client or nullcontext(), aclosing(self.job.results()) as results:
            async for result in results:
                yield result

    def to_end(self, *, progress: bool | None) -> Report:
        """Runs until all is asked, or until it stops."""
        if self.outputs.out is None:
            raise ConfigurationError("out must be the path of a file: the results go there.")
        self.reading.prepare()
        # All that can be read twice was read just now: it does not hang.
        self.job.reads_ahead = self.reading.total is None
        with ExitStack() as stack:
            if is_wanted(progress):
                shown = Progress(self.plan, self.reading, self._limits or learned_here)
                self.job.on_progress = stack.enter_context(closing(shown))
            self._run()
        self.outputs.retry()
        return self.report()

    def ask(self, rows: Sequence[Row]) -> Plan:
        """Asks just these rows, and gives what came of it."""
        self.plan = Plan(self.plan.max_in_flight, self._budget)
        self.job = self._job([row] for row in rows)
        self._run()
        return self.plan

    def report(self) -> Report:
        """How far the run is."""
        return report_of(self.plan, self.reading, self.outputs, time.monotonic() - self._began_at)

    def _run(self) -> None:
        Runner(self.job.interrupt, self.job.cancel).run(self._drain)

    async def _drain(self) -> None:
        async for _ in self.results():
            pass

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *exc: object) -> None:
        self.outputs.close()


def chat_run(options: Options, invoke: Any, params: Mapping[str, Any]) -> Run:
    """A run that asks for completions, or calls `invoke`."""
    if invoke is not None:
        return _invoke_run(options, invoke, params)
    return _client_run(options, chat_kind(options, params), ask_chat, params)


def embed_run(options: Options, params: Mapping[str, Any], group: int) -> Run:
    """A run that asks for vectors."""
    return _client_run(options, embed_kind(options, params), ask_embed, params, group)


def _client_run(
    options: Options,
    kind: Kind,
    to_ask: Callable[..., Awaitable[list[Result]]],
    params: Mapping[str, Any],
    group: int = 1,
) -> Run:
    client = _client(options.client)
    passed = {name: value for name, value in params.items() if name not in BODY_FIELDS}
    url = client._settings.base_url
    ask = partial(to_ask, client, passed)
    return Run(options, kind, ask, lambda body: [(body["model"], url)], client, group)


def _client(given: Any) -> AsyncClient:
    """The client to ask with: one of the run's own, which it closes."""
    if given is None:
        return AsyncClient(max_retries=MAX_RETRIES)
    if not isinstance(given, AsyncClient):
        raise ConfigurationError(
            f"client must be an AsyncClient, not {type(given).__name__}: a run keeps many calls in "
            "flight."
        )
    return copy(given)


def _invoke_run(options: Options, invoke: Any, params: Mapping[str, Any]) -> Run:
    if params or options.client is not None:
        name = next(iter(params), "client")
        raise ConfigurationError(f"{name} has no effect beside invoke=: set it on what is invoked.")
    ask = partial(ask_invoke, call_of(invoke, options.limits.max_in_flight))
    models = [(options.model, None)] if options.model else models_in(invoke)
    return Run(options, invoke_kind(options), ask, lambda _: models)
