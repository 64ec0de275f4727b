"""Assigns each fragment of a streamed tool call to its call.

Seen on New API's channels: no index, index 0 for every call, an index that starts at 2; no id, an
id in each fragment, an empty one; the name in each fragment; arguments null, empty, whole objects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ramclouds._json.scanning import BracketScan
from ramclouds._wire.chat.tool_calls import extra_keys, made_up_id, shown, why_invalid
from ramclouds._wire.fields import as_arguments, as_index, as_name, as_object, is_no_arguments
from ramclouds.types import InvalidToolCall, ToolCallDelta


@dataclass(slots=True)
class _Fragment:
    """A fragment as sent, field by field."""

    place: int
    """Its position in the list of its event."""
    index: int | None
    key: int
    """The index; without one, the position."""
    id: str | None
    name: str
    arguments: str


@dataclass(slots=True)
class _Call:
    """One call under way."""

    place: int
    """Its number in the stream, in the order in which calls were opened."""
    key: int | None = None
    """The index on the wire; without one, the position in its list."""
    opened_at: tuple[int, int] = (0, 0)
    """The event that opened it, and the position in its list."""
    id: str | None = None
    name: str = ""
    pieces: list[str] = field(default_factory=list)
    """Arguments given out."""
    buffer: list[str] = field(default_factory=list)
    """Arguments not given out."""
    opening: str = ""
    """An empty object or null that was not given out, since more may come."""
    extra: dict[str, Any] = field(default_factory=dict)
    position: int | None = None
    """Its index in the chunks, once a fragment was given out."""
    known: _Call | None = None
    """An earlier call of this id and name, which this one may merely repeat."""
    _scan: BracketScan = field(default_factory=BracketScan)
    _scanned: int = 0

    def is_complete(self) -> bool:
        """Whether the arguments so far are a whole JSON object."""
        # Only what is new: asking at each fragment stays linear.
        for piece in self.pieces[self._scanned :]:
            self._scan.feed(piece)
        self._scanned = len(self.pieces)
        return self._scan.is_closed or self.is_opened_empty

    @property
    def is_opened_empty(self) -> bool:
        return len(self.buffer) == 1 and self.buffer[0].strip() == "{}"

    def has_whole_buffer(self) -> bool:
        """Whether what came before the name is one object: a server tool's arguments, perhaps."""
        return bool(self.buffer) and not why_invalid("".join(self.buffer), None)

    @property
    def is_dropped(self) -> bool:
        """Whether it is no call of the user's tools.

        Claude's server tools arrive as fragments that never get a name. Channels that are converted
        to the Responses API repeat each call whole at the end, under a new index.
        """
        known = self.known
        return not self.name or (known is not None and known.arguments() == self.arguments())

    def arguments(self) -> str:
        """All arguments so far."""
        text = self.text()
        return "{}" if is_no_arguments(text) else text

    def text(self) -> str:
        """All arguments so far, as the model wrote them."""
        return "".join(self.pieces) + "".join(self.buffer) or self.opening


class ToolCallTracker:
    """Turns fragments as sent into fragments that merge by their index alone."""

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._by_id: dict[str, _Call] = {}
        self._by_key: dict[Any, _Call] = {}
        self._by_opening: dict[tuple[int, int], _Call] = {}
        self._basis: Any = ()
        self._events = 0
        self._announced = 0

    def take(self, fragments: list[dict[str, Any]], basis: Any) -> list[ToolCallDelta]:
        """Fragments of one event; made-up ids are derived from `basis`."""
        self._basis = basis
        self._events += 1
        deltas = []
        for place, fragment in enumerate(fragments):
            delta = self._take_one(place, fragment)
            if delta is not None:
                deltas.append(delta)
        return deltas

    def close(self, finish_reason: str | None) -> tuple[list[ToolCallDelta], list[InvalidToolCall]]:
        """The end of the stream: fragments not given out, and the calls that no tool may run."""
        deltas: list[ToolCallDelta] = []
        invalid: list[InvalidToolCall] = []
        calls = [call for call in self._calls if not call.is_dropped]
        for call in calls:
            arguments = call.arguments()
            is_empty = not arguments.strip()[1:-1].strip()
            is_closed = bool(call.pieces) and call.is_complete() and not is_empty
            is_open = call is calls[-1] and not is_closed
            reason = why_invalid(arguments, finish_reason, is_open=is_open)
            if reason:
                invalid.append(self._invalid(call, reason))
            elif call.position is None:
                deltas.append(self._announce(call, arguments))
            elif not call.pieces:
                deltas.append(ToolCallDelta(index=call.position, arguments=arguments))
        return deltas, invalid

    def _invalid(self, call: _Call, reason: str) -> InvalidToolCall:
        call_id = call.id or made_up_id(self._basis, call.place, call.name)
        return InvalidToolCall(
            call_id, call.name, shown(call.text()), reason, call.position, call.extra
        )

    def _take_one(self, place: int, raw: Mapping[str, Any]) -> ToolCallDelta | None:
        function = as_object(raw.get("function"))
        index = as_index(raw.get("index"))
        fragment = _Fragment(
            place=place,
            index=index,
            key=place if index is None else index,
            id=as_name(raw.get("id")),
            name=as_name(function.get("name")) or "",
            arguments=as_arguments(function.get("arguments")),
        )
        call = self._call_of(fragment)
        if call is None:
            return None
        call.name = call.name or fragment.name
        extra = extra_keys(raw)
        if extra and not call.extra:
            call.extra = extra
        else:
            extra = {}
        return self._advance(call, fragment.arguments, extra)

    def _call_of(self, fragment: _Fragment) -> _Call | None:
        """The call that a fragment belongs to; None for an empty one that belongs to none.

        In the examples a name is `f`, an id `a`, and arguments are in quotation marks.
        """
        latest = self._latest(fragment)
        if fragment.id is not None:
            return self._call_of_id(fragment.id, fragment, latest)
        if latest is None:
            # [0 a f "{"] [1 "}"]: an index that no call has continues the call under way. Behind a
            # whole call it opens one, which is dropped if it never gets a name.
            if not fragment.name and self._calls and not self._calls[-1].is_complete():
                return self._calls[-1]
            return self._open(fragment) if fragment.name or fragment.arguments else None
        if self._opens_another(fragment, latest):
            return self._open(fragment)
        is_bare = fragment.index is None and not fragment.name and bool(fragment.arguments)
        if is_bare and latest.is_complete():
            # [f "{}", g "{"] ["}"]: "}" stands in the place of f, which is whole.
            return self._unfinished() or latest
        return latest

    def _call_of_id(self, call_id: str, fragment: _Fragment, latest: _Call | None) -> _Call:
        known = self._by_id.get(call_id)
        if known is None:
            if latest is not None and _takes_id(latest, fragment):
                # [0 f] [0 a "{}"]: the id comes behind the name.
                self._by_id[call_id] = latest
                latest.id = latest.id or call_id
                return latest
            return self._open(fragment)
        is_under_way = fragment.index is None or known.key == fragment.key
        begins_anew = fragment.name and fragment.arguments.strip() and known.is_complete()
        if is_under_way and not begins_anew:
            # [0 a f "{"] [0 a f "}"]: id and name in each fragment.
            return known
        if not fragment.name:
            # [0 a f "{}"] [1 a g] [1 a "{}"]: two calls share an id, and the index tells which.
            return latest or known
        # [0 a f "{}"] [2 a f "{}"]: the call once more, or another one with its id.
        call = self._open(fragment, shares_id=True)
        call.known = known if fragment.name == known.name else None
        return call

    def _latest(self, fragment: _Fragment) -> _Call | None:
        """The newest call under an index; of several that one event opened, the one at a place."""
        key, place = fragment.key, fragment.place
        latest = self._by_key.get(key)
        if latest is None or latest.opened_at[1] <= place:
            return latest
        at = (latest.opened_at[0], place)
        beside = self._by_opening.get(at, latest)
        return latest if beside.key != key or beside.is_complete() else beside

    def _unfinished(self) -> _Call | None:
        return next((call for call in reversed(self._calls) if not call.is_complete()), None)

    @staticmethod
    def _opens_another(fragment: _Fragment, latest: _Call) -> bool:
        """Whether a name under a call's index opens another call rather than repeats its own."""
        if not fragment.name or not latest.name:
            return False
        if fragment.name != latest.name:
            return True
        return bool(fragment.arguments) and latest.is_complete()

    def _open(self, fragment: _Fragment, *, shares_id: bool = False) -> _Call:
        call = _Call(
            place=len(self._calls),
            key=fragment.key,
            opened_at=(self._events, fragment.place),
            id=None if shares_id else fragment.id,
        )
        self._calls.append(call)
        self._by_key[call.key] = self._by_opening[call.opened_at] = call
        if call.id is not None:
            self._by_id[call.id] = call
        return call

    def _advance(self, call: _Call, arguments: str, extra: dict[str, Any]) -> ToolCallDelta | None:
        if call.position is None:
            if not call.name or call.known is not None:
                call.buffer.append(arguments)
                return None
            if not call.has_whole_buffer():
                arguments = "".join(call.buffer) + arguments
                call.buffer.clear()
            return self._announce(call, self._given_out(call, arguments))
        given = self._given_out(call, arguments)
        if not given and not extra:
            return None
        return ToolCallDelta(index=call.position, arguments=shown(given), extra=extra)

    def _given_out(self, call: _Call, arguments: str) -> str:
        """Arguments to pass on: an opening `{}` or null waits for whether more comes."""
        if not call.pieces and is_no_arguments(arguments):
            call.opening = arguments or call.opening
            return ""
        if arguments:
            # Claude's server tools and the call behind them can share an index, on older builds.
            call.buffer.clear()
            call.pieces.append(arguments)
        return arguments

    def _announce(self, call: _Call, arguments: str) -> ToolCallDelta:
        call.position = self._announced
        self._announced += 1
        if call.id is None:
            call.id = made_up_id(self._basis, call.place, call.name)
        return ToolCallDelta(
            index=call.position,
            id=call.id,
            name=call.name,
            arguments=shown(arguments),
            extra=call.extra,
        )


def _takes_id(call: _Call, fragment: _Fragment) -> bool:
    """Whether an id that is new belongs to the call under its index."""
    if call.id is None and not call.name:
        return True
    return not fragment.name and not call.is_complete()
