"""The tests on each Python that the project supports: `make test-all`."""

from __future__ import annotations

import nox

nox.needs_version = ">=2025.5"
# A Python that is not on this machine is named and skipped; nothing downloads one.
nox.options.error_on_missing_interpreters = False
nox.options.download_python = "never"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"


@nox.session(python=["3.10", "3.11", "3.12", "3.13", "3.14"])
def tests(session: nox.Session) -> None:
    """Runs the tests, or those that are named behind `--`."""
    session.install("-r", "requirements/dev.txt")
    session.install("--no-deps", "--editable", ".")
    session.run("python", "-m", "ramclouds.local", "fetch")
    session.run("pytest", "-n", "auto", "--dist", "loadgroup", "-q", *session.posargs)
