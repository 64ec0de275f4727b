"""The marks that models put around calls: those asked for, and those of their own training.

Sources: the chat templates of Hermes, Qwen, GLM, Kimi K2, DeepSeek V3 to V3.2, MiniMax M2, Llama 3
and Mistral, and the format that Claude falls back to.
"""

from __future__ import annotations

from typing import NamedTuple

from ramclouds.prompted._reading.scanning import Words

_PREFIXES = ("", "antml:", "\uff5cDSML\uff5c")


class Parameters(NamedTuple):
    """How the arguments of a call are written one by one."""

    opening: str
    key_ends: tuple[str, ...]
    """What ends the key, and then what lies between it and the value."""
    closing: str


WRAPPERS = (
    "<tool_call>",
    "<tool_calls>",
    "<function_call>",
    "<minimax:tool_call>",
    "<|tool_call|>",
    "<|python_tag|>",
    "<|tool_calls_section_begin|>",
    "<|tool_call_begin|>",
    "<\uff5ctool▁calls▁begin\uff5c>",
    "<\uff5ctool▁call▁begin\uff5c>",
    *(f"<{prefix}function_calls>" for prefix in _PREFIXES),
)
"""What stands before calls, whatever their form."""

ELEMENTS = {
    "<function=": (">", Parameters("<parameter=", (">",), "</parameter>")),
    **{
        f'<{prefix}invoke name="': (
            '">',
            Parameters(f'<{prefix}parameter name="', ('"', ">"), f"</{prefix}parameter>"),
        )
        for prefix in _PREFIXES
    },
}
"""What stands before a tool's name, what after it, and how its arguments are written."""

PAIRS = Parameters("<arg_key>", ("</arg_key>", "<arg_value>"), "</arg_value>")

CLOSINGS = (
    "</tool_call>",
    "</tool_calls>",
    "</function_call>",
    "</function>",
    "</minimax:tool_call>",
    "<|/tool_call|>",
    "<|tool_call_end|>",
    "<|tool_calls_section_end|>",
    "<\uff5ctool▁call▁end\uff5c>",
    "<\uff5ctool▁calls▁end\uff5c>",
    *(f"</{prefix}{tag}>" for prefix in _PREFIXES for tag in ("invoke", "function_calls")),
    # The end of a turn, where a server writes it out.
    "<|eom_id|>",
    "<|eot_id|>",
    "<|im_end|>",
    "<\uff5cend▁of▁sentence\uff5c>",
)
"""What ends a call, or all of them."""

THOUGHTS = {"<think>": "</think>", "<thinking>": "</thinking>"}

SEPARATOR = "<\uff5ctool▁sep\uff5c>"
BEFORE_ARGUMENTS = ("[ARGS]", "<|tool_call_argument_begin|>", SEPARATOR)
CALL_ID = "[CALL_ID]"

MARKS = Words([*WRAPPERS, *ELEMENTS, *CLOSINGS, *THOUGHTS])
OPENINGS = Words([*WRAPPERS, *ELEMENTS])
AFTER_NAME = Words([*BEFORE_ARGUMENTS, CALL_ID, PAIRS.opening, *CLOSINGS])
