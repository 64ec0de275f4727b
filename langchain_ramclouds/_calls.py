"""What `ChatRamClouds` needs for its calls: loaded with the first model, not at import."""

from typing import TYPE_CHECKING

from ramclouds.bridge.late_names import late_names

if TYPE_CHECKING:
    from langchain_ramclouds._chunks import ChunkConverter as ChunkConverter
    from langchain_ramclouds._identity import to_identity as to_identity
    from langchain_ramclouds._identity import to_ls_params as to_ls_params
    from langchain_ramclouds._model_facts import to_profile as to_profile
    from langchain_ramclouds._request import Request as Request
    from langchain_ramclouds._request import to_request as to_request
    from langchain_ramclouds._results import combine_llm_outputs as combine_llm_outputs
    from langchain_ramclouds._results import to_result as to_result
    from langchain_ramclouds._structured import with_structure as with_structure
    from langchain_ramclouds._tools import AnyTool as AnyTool
    from langchain_ramclouds._tools import Method as Method
    from langchain_ramclouds._tools import Schema as Schema
    from langchain_ramclouds._tools import ToolChoice as ToolChoice
    from langchain_ramclouds._tools import to_response_format as to_response_format
    from langchain_ramclouds._tools import to_tool as to_tool
    from langchain_ramclouds._tools import to_tool_params as to_tool_params
    from ramclouds.bridge.dialects import DialectChoice as DialectChoice
    from ramclouds.bridge.tokens import count_request as count_request
    from ramclouds.bridge.tokens import estimate_tokens as estimate_tokens
else:
    __getattr__ = late_names(
        __name__,
        {
            "langchain_ramclouds._chunks": ("ChunkConverter",),
            "langchain_ramclouds._identity": ("to_identity", "to_ls_params"),
            "langchain_ramclouds._model_facts": ("to_profile",),
            "langchain_ramclouds._request": ("Request", "to_request"),
            "langchain_ramclouds._results": ("combine_llm_outputs", "to_result"),
            "langchain_ramclouds._structured": ("with_structure",),
            "langchain_ramclouds._tools": (
                "AnyTool",
                "Method",
                "Schema",
                "ToolChoice",
                "to_response_format",
                "to_tool",
                "to_tool_params",
            ),
            "ramclouds.bridge.dialects": ("DialectChoice",),
            "ramclouds.bridge.tokens": ("count_request", "estimate_tokens"),
        },
        keep=True,
    )
