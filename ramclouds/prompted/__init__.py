"""Tool calls and structured output through the prompt: prompts out, calls back.

RamClouds documents three roles and string content. In prompted mode a request holds nothing else.
A client that asks so has the calls, completions and streams of the client that it is given:

    client = PromptingClient(Client(), ToolMode(tool_calling="prompted"))
    client.complete(model="glm-4.6", messages=messages, tools=tools).tool_calls

`tool_calling="grammar"` sends a JSON schema besides: a server that enforces it makes a tool caller
of any model. `on_unsupported="fallback"` asks natively first, and through the prompt where that
had no effect. What comes back keeps the contract of `Chunk` and `Completion`. The pieces are pure:
`prepare` makes the request, and `PromptedParser` reads a completion.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ramclouds.bridge.json_text import is_prose, json_text
    from ramclouds.bridge.outcome import OnUnsupported, ToolCalling, unsupported_message
    from ramclouds.bridge.tools import missing_forced_call
    from ramclouds.prompted._clients import AsyncPromptingClient, PromptingClient
    from ramclouds.prompted._mode import ToolMode
    from ramclouds.prompted._prompt import render
    from ramclouds.prompted._reading.parser import PromptedParser
    from ramclouds.prompted._request import PromptedRequest, prepare
    from ramclouds.prompted._schema import grammar_format
else:
    # Loaded on first use: httpx comes with the clients, and a plain call needs nothing but a mode.
    _LATE = {
        "bridge.json_text": ("is_prose", "json_text"),
        "bridge.outcome": ("OnUnsupported", "ToolCalling", "unsupported_message"),
        "bridge.tools": ("missing_forced_call",),
        "prompted._clients": ("AsyncPromptingClient", "PromptingClient"),
        "prompted._mode": ("ToolMode",),
        "prompted._prompt": ("render",),
        "prompted._reading.parser": ("PromptedParser",),
        "prompted._request": ("PromptedRequest", "prepare"),
        "prompted._schema": ("grammar_format",),
    }

    def __getattr__(name):
        for module, names in _LATE.items():
            if name in names:
                globals()[name] = found = getattr(import_module(f"ramclouds.{module}"), name)
                return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__():
        return sorted({*globals(), *__all__})


__all__ = [
    "AsyncPromptingClient",
    "OnUnsupported",
    "PromptedParser",
    "PromptedRequest",
    "PromptingClient",
    "ToolCalling",
    "ToolMode",
    "grammar_format",
    "is_prose",
    "json_text",
    "missing_forced_call",
    "prepare",
    "render",
    "unsupported_message",
]
