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

from typing import TYPE_CHECKING

from ramclouds.bridge.late_names import late_names

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
    # httpx comes with the clients, and a plain call needs nothing but a mode.
    __getattr__ = late_names(
        __name__,
        {
            "ramclouds.bridge.json_text": ("is_prose", "json_text"),
            "ramclouds.bridge.outcome": ("OnUnsupported", "ToolCalling", "unsupported_message"),
            "ramclouds.bridge.tools": ("missing_forced_call",),
            "ramclouds.prompted._clients": ("AsyncPromptingClient", "PromptingClient"),
            "ramclouds.prompted._mode": ("ToolMode",),
            "ramclouds.prompted._prompt": ("render",),
            "ramclouds.prompted._reading.parser": ("PromptedParser",),
            "ramclouds.prompted._request": ("PromptedRequest", "prepare"),
            "ramclouds.prompted._schema": ("grammar_format",),
        },
    )

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
