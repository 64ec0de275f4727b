"""Lets `langchain_core.load` build our model again where it may build any known model."""

from __future__ import annotations

from langchain_core.load.load import ALL_SERIALIZABLE_MAPPINGS

_PATH = ("langchain_ramclouds", "chat_models", "ChatRamClouds")


def register() -> None:
    """Make the model one of the classes that `allowed_objects="all"` stands for.

    The table is LangChain's own, and third parties are not in it. The caller of `load` still has
    to name our package in `valid_namespaces`.
    """
    ALL_SERIALIZABLE_MAPPINGS[_PATH] = _PATH
