"""Sync and async methods of the adapters: one tree, but for async, await and a-names."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable
from typing import Any

from langchain_ramclouds import ChatRamClouds
from llama_index_ramclouds import RamClouds, _chunks, _predictions
from tests.harness import each_row

PAIRS: list[tuple[Any, Any]] = [
    (ChatRamClouds._generate, ChatRamClouds._agenerate),
    (ChatRamClouds._stream, ChatRamClouds._astream),
    (ChatRamClouds.list_models, ChatRamClouds.alist_models),
    (RamClouds.chat, RamClouds.achat),
    (RamClouds.predict_and_call, RamClouds.apredict_and_call),
    (RamClouds.stream_chat_with_tools, RamClouds.astream_chat_with_tools),
    (RamClouds.structured_predict, RamClouds.astructured_predict),
    (RamClouds._structured_stream_call, RamClouds._structured_astream_call),
    (_chunks.each, _chunks.aeach),
    (_chunks.expecting, _chunks.aexpecting),
    (_predictions.predict, _predictions.apredict),
]

# An async name, and the sync one that it stands for; the framework's classes say it in full.
_ASYNC = {
    "AsyncCallbackManagerForLLMRun": "CallbackManagerForLLMRun",
    "AsyncGenerator": "Generator",
    "AsyncIterator": "Iterator",
    "ChatResponseAsyncGen": "ChatResponseGen",
    "_async_asker": "_asker",
    "_async_client": "_client",
    "_structured_astream_call": "_structured_stream_call",
}


def plain(function: Callable[..., Any]) -> str:
    """The source of a function without docstring, async, await and a-names."""
    source = textwrap.dedent(inspect.getsource(inspect.unwrap(function)))
    tree = ast.parse(source).body[0]
    assert isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef)
    if ast.get_docstring(tree) is not None:
        tree.body = tree.body[1:]
    text = re.sub(r"\b(async|await) ", "", ast.unparse(tree))
    text = re.sub(r"\w+", lambda word: _ASYNC.get(word[0], word[0]), text)
    # A Generator says what it takes and returns, an AsyncGenerator only what it takes.
    return re.sub(r"Generator\[(\w+), None(, None)?\]", r"Generator[\1]", text)


@each_row(("sync", "later"), PAIRS, ids=lambda one: one.__qualname__)
def test_twins_have_the_same_tree(sync: Any, later: Any) -> None:
    expected = plain(sync)
    names = set(re.findall(r"\w+", expected))
    found = re.sub(
        r"\b(_?)a(\w+)", lambda m: m[1] + m[2] if m[1] + m[2] in names else m[0], plain(later)
    )
    assert found == expected
