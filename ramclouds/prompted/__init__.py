"""Tool calls and structured output by words alone: prompts out, calls back. No I/O, no framework.

RamClouds documents three roles and string content. In prompted mode a request holds nothing else:

    request = prepare(messages, params)             # `params` as for Client.complete
    completion = request.parse(client.complete(model=model, messages=request.messages,
                                               **request.params))

    parser = request.parser()                       # one for each stream
    for chunk in client.stream(model=model, messages=request.messages, **request.params):
        for parsed in parser.feed(chunk):
            ...

`prepare(..., grammar=True)` sends a `response_format` besides, the schema of "text or a list of
calls": servers that enforce it make a tool caller of any model.

What comes back keeps the contract of `Chunk` and `Completion`, so that code which reads native
tool calls reads these. The pieces: `render` writes the messages, `grammar_format` the schema,
`PromptedParser` reads the answer; `missing_forced_call` and `is_prose` tell that a native request
was ignored, `unsupported_message` says so, and `json_text` finds the JSON in an answer.
"""

from ramclouds.prompted._detect import (
    is_prose,
    json_text,
    missing_forced_call,
    unsupported_message,
)
from ramclouds.prompted._grammar import grammar_format
from ramclouds.prompted._parse import PromptedParser
from ramclouds.prompted._render import render
from ramclouds.prompted._request import PromptedRequest, prepare

__all__ = [
    "PromptedParser",
    "PromptedRequest",
    "grammar_format",
    "is_prose",
    "json_text",
    "missing_forced_call",
    "prepare",
    "render",
    "unsupported_message",
]
