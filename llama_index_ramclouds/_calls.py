"""What `RamClouds` needs for its calls: loaded with the first model, not at import."""

from typing import TYPE_CHECKING

from ramclouds.bridge.late_names import late_names

if TYPE_CHECKING:
    from llama_index_ramclouds._chunks import aeach as aeach
    from llama_index_ramclouds._chunks import aexpecting as aexpecting
    from llama_index_ramclouds._chunks import each as each
    from llama_index_ramclouds._chunks import expecting as expecting
    from llama_index_ramclouds._chunks import with_events as with_events
    from llama_index_ramclouds._model_facts import to_metadata as to_metadata
    from llama_index_ramclouds._output import ArrivingObject as ArrivingObject
    from llama_index_ramclouds._output import to_object as to_object
    from llama_index_ramclouds._request import Request as Request
    from llama_index_ramclouds._request import count_tokens as count_tokens
    from llama_index_ramclouds._request import prompted_mode as prompted_mode
    from llama_index_ramclouds._request import to_expectation as to_expectation
    from llama_index_ramclouds._request import to_request as to_request
    from llama_index_ramclouds._results import ResponseBuilder as ResponseBuilder
    from llama_index_ramclouds._results import to_chat as to_chat
    from llama_index_ramclouds._results import to_completion as to_completion
    from llama_index_ramclouds._structured import Attempt as Attempt
    from llama_index_ramclouds._structured import modes as modes
    from llama_index_ramclouds._tools import is_parallel as is_parallel
    from llama_index_ramclouds._tools import keep_first_call as keep_first_call
    from llama_index_ramclouds._tools import react_defaults as react_defaults
    from llama_index_ramclouds._tools import selections as selections
    from llama_index_ramclouds._tools import to_tool_params as to_tool_params
    from ramclouds.bridge.expectation import Expectation as Expectation
else:
    __getattr__ = late_names(
        __name__,
        {
            "llama_index_ramclouds._chunks": (
                "aeach",
                "aexpecting",
                "each",
                "expecting",
                "with_events",
            ),
            "llama_index_ramclouds._model_facts": ("to_metadata",),
            "llama_index_ramclouds._output": ("ArrivingObject", "to_object"),
            "llama_index_ramclouds._request": (
                "Request",
                "count_tokens",
                "prompted_mode",
                "to_expectation",
                "to_request",
            ),
            "llama_index_ramclouds._results": ("ResponseBuilder", "to_chat", "to_completion"),
            "llama_index_ramclouds._structured": ("Attempt", "modes"),
            "llama_index_ramclouds._tools": (
                "is_parallel",
                "keep_first_call",
                "react_defaults",
                "selections",
                "to_tool_params",
            ),
            "ramclouds.bridge.expectation": ("Expectation",),
        },
        keep=True,
    )
