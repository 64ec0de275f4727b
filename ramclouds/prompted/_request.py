"""A request for tools or structured output, turned into one that asks through the prompt."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from ramclouds.bridge.prepare import valid_history
from ramclouds.prompted._prompt import render
from ramclouds.prompted._reading.parser import PromptedParser
from ramclouds.prompted._schema import grammar_format
from ramclouds.types import Completion

_ASKED = ("messages", "tools", "tool_choice", "parallel_tool_calls", "response_format")


@dataclass(frozen=True, slots=True)
class PromptedRequest:
    """What to send, and how to read what comes back."""

    params: dict[str, Any]
    """The keywords of `Client.complete` or `Client.stream`, messages included."""
    tools: Sequence[Mapping[str, Any]] = field(repr=False)
    tool_choice: Any = None
    grammar: bool = False

    def parser(self) -> PromptedParser:
        """A parser for one completion of this request."""
        asked = json.dumps(self.params["messages"])
        return PromptedParser(
            tools=self.tools,
            tool_choice=self.tool_choice,
            grammar=self.grammar,
            seed=blake2b(asked.encode(), digest_size=8).hexdigest(),
        )

    def parse(self, completion: Completion) -> Completion:
        """Return `completion` with the calls in its text as tool calls."""
        return self.parser().parse(completion)


def prepare(params: Mapping[str, Any], *, grammar: bool = False) -> PromptedRequest:
    """The request that asks through the prompt for what `params` asks for natively.

    `params` are keywords of `Client.complete`. With `grammar` the format of calls is also sent as
    a JSON schema, for servers that hold a model to its `response_format`.
    """
    tools = params.get("tools") or ()
    asked: dict[str, Any] = {
        "tool_choice": params.get("tool_choice"),
        "parallel": params.get("parallel_tool_calls"),
        "response_format": params.get("response_format"),
    }
    sent = {name: value for name, value in params.items() if name not in _ASKED}
    sent["messages"] = render(valid_history(params["messages"]), tools, **asked, grammar=grammar)
    if grammar:
        # The schema is for the server that holds the model to it, whatever the family takes.
        sent |= {"dialect": "none"} if "dialect" in params else {}
        schema = grammar_format(tools, **asked)
        sent |= {} if schema is None else {"response_format": schema}
    elif sent.get("stream_usage") is None:
        # `stream_options` is not documented, and New API sends the usage unasked.
        sent["stream_usage"] = False
    return PromptedRequest(sent, tools, asked["tool_choice"], grammar)
