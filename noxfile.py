"""On each Python that the project supports: its tests, and each extra alone."""

from __future__ import annotations

import nox

nox.needs_version = ">=2025.5"
# A Python that is not on this machine is named and skipped; nothing downloads one.
nox.options.error_on_missing_interpreters = False
nox.options.download_python = "never"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["tests"]

PYTHONS = ["3.10", "3.11", "3.12", "3.13", "3.14"]
# What each extra lets one import; without one there is the client alone.
EXTRAS = {
    "none": "ramclouds",
    "langchain": "langchain_ramclouds",
    "llama-index": "llama_index.llms.ramclouds",
    "local": "ramclouds.local, xllamacpp",
    "httpx2": "ramclouds, httpx2",
    "cli": "ramclouds, click, rich",
    "bulk": "ramclouds, tqdm, pyarrow",
    "ray": "ramclouds, ray.data",
    "otel": "ramclouds, opentelemetry.trace",
    "all": "langchain_ramclouds, llama_index.llms.ramclouds, ramclouds.local",
}


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Runs the tests, or those that are named behind `--`."""
    # An environment of uv has no pip, and some tests install a wheel.
    session.install("pip", "-r", "requirements/dev.txt")
    session.install("--no-deps", "--editable", ".")
    session.run("python", "-m", "ramclouds.local", "fetch")
    session.run("pytest", "-n", "auto", "--dist", "loadgroup", "-q", *session.posargs)


@nox.session(python=PYTHONS)
@nox.parametrize("extra", list(EXTRAS))
def extras(session: nox.Session, extra: str) -> None:
    """Installs one extra alone, and checks that what it brings fits together."""
    session.install("pip", "." if extra == "none" else f".[{extra}]")
    session.run("python", "-m", "pip", "check")
    # Isolated: not what stands in this folder.
    session.run("python", "-I", "-c", f"import {EXTRAS[extra]}")
