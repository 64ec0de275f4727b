"""What a gateway replies, and what it was asked: the same on a socket and without one."""

from __future__ import annotations

import collections
from collections.abc import Callable

from tests.gateway.request import Request
from tests.gateway.responses import Response
from tests.gateway.scripted import ScriptedModel


class Answering:
    """A queue of answers, then a handler, then a scripted model; and all requests."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.handler: Callable[[Request], Response] | None = None
        """Asked for each request that the queue has no answer for."""
        self.model = ScriptedModel()
        """Answers where there is neither queue nor handler."""
        self._queue: collections.deque[Response] = collections.deque()

    def reply(self, *answers: Response) -> None:
        """Queues answers, one for each request to come."""
        self._queue.extend(answers)

    def forget(self) -> None:
        """Drops what was recorded and what is still queued: for long runs."""
        self._queue.clear()
        self.requests.clear()

    @property
    def last(self) -> Request:
        """The newest request."""
        return self.requests[-1]

    @property
    def bodies(self) -> list[object]:
        """The JSON of all requests."""
        return [request.json for request in self.requests]

    def _answer(self, request: Request) -> Response:
        if self._queue:
            return self._queue.popleft()
        return self.handler(request) if self.handler else self.model.answer(request)
