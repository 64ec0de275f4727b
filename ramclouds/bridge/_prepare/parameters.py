"""The parameters of a request that the dialect takes together."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ramclouds.bridge._prepare.formats import with_words
from ramclouds.bridge._prepare.notes import Notes
from ramclouds.bridge.dialects import Dialect, Sampling
from ramclouds.bridge.tools import forced_name, is_forced

_NEED_TOOLS = ("tools", "tool_choice", "parallel_tool_calls")
_ASK_TO_THINK = ("reasoning_effort", "reasoning", "thinking")
# Claude, while it thinks: "`temperature` may only be set to 1", "`top_p` must be greater than or
# equal to 0.95 or unset", "`top_k` must be unset".
_TAKEN_WHILE_THINKING: dict[str, Callable[[Any], bool]] = {
    "temperature": lambda value: value == 1,
    "top_p": lambda value: value >= 0.95,
    "top_k": lambda _: False,
}


def pause_thinking(body: dict[str, Any], dialect: Dialect, notes: Notes) -> None:
    """Asks for no thinking about a tool's result where the thinking before it cannot go back."""
    if dialect.thinks_in_loops:
        return
    asked = [name for name in _ASK_TO_THINK if body.get(name)]
    if not asked or not _ends_with_results(body["messages"]):
        return
    for name in asked:
        del body[name]
    notes.changed.append("the model is not asked to think about a tool's result")


def keep_from_thinking(body: dict[str, Any], dialect: Dialect) -> None:
    """Says that the model is not to think in the parameter that it reads."""
    if dialect.is_kept_from_thinking(body):
        if dialect.thinking_off == "enable_thinking":
            body["enable_thinking"] = False
        elif dialect.thinking_off == "thinking":
            body.setdefault("thinking", {"type": "disabled"})


def _ends_with_results(messages: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a tool's result stands behind the assistant's last message."""
    behind = itertools.takewhile(lambda one: one["role"] != "assistant", reversed(messages))
    return any(one["role"] == "tool" for one in behind)


def choose_tools(
    body: dict[str, Any], dialect: Dialect, *, is_thinking: bool, notes: Notes
) -> None:
    """Keeps to the choices of tools that the dialect takes; the others go into the prompt."""
    if not body.get("tools"):
        for key in _NEED_TOOLS:
            body.pop(key, None)
        return
    choice = body.get("tool_choice")
    if isinstance(choice, Mapping) and choice.get("type") == "allowed_tools":
        if dialect.allowed_tools:
            return
        choice = _allowed(body, choice)
    may_force = dialect.forced_tools == "always" or (
        dialect.forced_tools == "not_while_thinking" and not is_thinking
    )
    if may_force or not is_forced(choice):
        return
    name = forced_name(choice)
    which = f"the tool {name}" if name else "at least one tool"
    body["tool_choice"] = "auto"
    body["messages"] = with_words(body["messages"], f"In this answer you must call {which}.")
    notes.changed.append("the forced tool call is asked for in words")


def _allowed(body: dict[str, Any], choice: Mapping[str, Any]) -> Any:
    """OpenAI's list of allowed tools, as the tools themselves: no other vendor knows it."""
    listed = choice.get("allowed_tools", choice)
    names = {forced_name(tool) for tool in listed.get("tools", ())}
    body["tools"] = [tool for tool in body["tools"] if forced_name(tool) in names] or body["tools"]
    body["tool_choice"] = listed.get("mode", "auto")
    return body["tool_choice"]


def sample(body: dict[str, Any], dialect: Dialect, *, is_thinking: bool, notes: Notes) -> None:
    """Keeps to the sampling parameters that the dialect takes together."""
    sampling = dialect.sampling
    if sampling.refused or sampling.refused_thinking or sampling.ignored:
        _leave_out(body, sampling, is_thinking=is_thinking, notes=notes)
    if is_thinking and not sampling.beside_thinking:
        for name, is_taken in _TAKEN_WHILE_THINKING.items():
            if body.get(name) is not None and not is_taken(body[name]):
                _drop(body, name, notes)
    if not sampling.both and "temperature" in body and "top_p" in body:
        _drop(body, "top_p", notes)
    if "temperature" in body:
        _within(body, sampling, notes)
    top_p = sampling.top_p_thinking if is_thinking else sampling.top_p
    if top_p is not None:
        body.setdefault("top_p", top_p)


def _within(body: dict[str, Any], sampling: Sampling, notes: Notes) -> None:
    given, (least, most) = body["temperature"], sampling.temperature
    if given is not None and not least <= given <= most:
        body["temperature"] = min(max(given, least), most)
        notes.lost.append(f"temperature {given}, which is sent as {body['temperature']}")


def _leave_out(
    body: dict[str, Any], sampling: Sampling, *, is_thinking: bool, notes: Notes
) -> None:
    for name in sampling.refused + sampling.refused_thinking * is_thinking:
        if name in body:
            _drop(body, name, notes)
    for name in sampling.ignored:
        if name in body:
            notes.lost.append(f"{name}, which does not arrive at the model")


def _drop(body: dict[str, Any], name: str, notes: Notes) -> None:
    if body.pop(name, None) is not None:
        notes.lost.append(f"{name}, which the model does not take here")


def limit(body: dict[str, Any], dialect: Dialect, notes: Notes) -> None:
    """One limit on tokens, above what the model may think."""
    kept = dialect.sampling.most_tokens
    other = "max_tokens" if kept == "max_completion_tokens" else "max_completion_tokens"
    if other in body:
        given = body.pop(other)
        body.setdefault(kept, given)
    most = body.get("max_tokens")
    budget = _budget(body, dialect) if isinstance(most, int) else 0
    if isinstance(most, int) and most <= budget:
        body["max_tokens"] = budget + most
        notes.changed.append(f"max_tokens is raised by the {budget} tokens of thinking")


def _budget(body: Mapping[str, Any], dialect: Dialect) -> int:
    """How many tokens the model may think for, where that counts into `max_tokens`."""
    thinking = body.get("thinking")
    asked = thinking.get("budget_tokens") if isinstance(thinking, Mapping) else None
    if isinstance(asked, int) and dialect.sampling.budgets:
        return asked
    return dict(dialect.sampling.budgets).get(str(body.get("reasoning_effort")), 0)


def stops(body: dict[str, Any], dialect: Dialect) -> tuple[str, ...]:
    """The strings to stop at that the client has to look for itself."""
    given = body["stop"]
    strings = [given] if isinstance(given, str) else given or []
    if not isinstance(strings, (list, tuple)) or not all(isinstance(one, str) for one in strings):
        # An `extra_body` is not checked: the provider refuses it.
        return ()
    del body["stop"]
    # An empty string stands everywhere: every provider refuses it.
    listed = [one for one in strings if one]
    sent = _taken_stops(listed, dialect.sampling)
    if sent:
        is_string = dialect.sampling.stop == "string" or isinstance(given, str)
        body["stop"] = sent[0] if is_string else sent
    return tuple(one for one in listed if one not in sent)


def _taken_stops(listed: list[str], sampling: Sampling) -> list[str]:
    if sampling.stop == "list":
        taken = [one for one in listed if sampling.blank_stops or one.strip()]
        return taken[: sampling.most_stops]
    return listed if sampling.stop == "string" and len(listed) == 1 else []
