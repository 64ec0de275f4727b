"""Which GGUF file to serve, and what to install where there is none."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from ramclouds._settings import warn_user
from ramclouds.errors import ConfigurationError
from ramclouds.local._download import kept_model
from ramclouds.local._gguf import chat_template

MODEL_VARIABLE = "RAMCLOUDS_LOCAL_MODEL"
_RUNTIME_PACKAGE = "xllamacpp"
_OR_REMOTE = "To use RamClouds instead, set RAMCLOUDS_API_KEY."


def require_runtime() -> None:
    """Check that llama.cpp is installed, without importing it.

    Raises:
        ConfigurationError: it is not; the message says what to install.
    """
    if find_spec(_RUNTIME_PACKAGE) is None:
        raise ConfigurationError(
            "The local model needs llama.cpp, which is not installed. "
            f'Run: pip install "ramclouds[local]". {_OR_REMOTE}'
        )


def model_file(given: str | os.PathLike[str] | None) -> Path:
    """The file as given, or named by `RAMCLOUDS_LOCAL_MODEL`, or the one that was fetched.

    Raises:
        ConfigurationError: there is no such file.
    """
    named = given or os.environ.get(MODEL_VARIABLE)
    if not named:
        return _fetched_model()
    path = Path(named).expanduser()
    if not path.is_file():
        source = "model" if given else MODEL_VARIABLE
        raise ConfigurationError(
            f"{source} is {str(path)!r}, which is not a file. Name a GGUF file, or leave it out "
            "for the one of `python -m ramclouds.local fetch`."
        )
    return path


def _fetched_model() -> Path:
    path = kept_model()
    if path.is_file():
        return path
    raise ConfigurationError(
        "The local model is not here yet. Run: python -m ramclouds.local fetch (93 MB, once), "
        f"or set {MODEL_VARIABLE} to the path of a GGUF file. {_OR_REMOTE}"
    )


def way_to_call_tools(path: Path) -> Literal["native", "grammar"]:
    """How the model of a file is best asked for tools.

    Natively where its chat template takes tools. SmolLM2 of 135M parameters calls as often with a
    grammar, and makes the better agent so.
    """
    template = chat_template(path) or ""
    return "native" if "tools" in template and "smollm2" not in path.stem.lower() else "grammar"


def warn_of_base_model(path: Path) -> None:
    """Warns if a GGUF file has no chat template; of another file llama.cpp says what is wrong."""
    if chat_template(path) == "":
        warn_user(
            f"{path.name} has no chat template, so it is a base model: its answers will not follow"
            " the conversation. Name a GGUF file of an instruct model."
        )
