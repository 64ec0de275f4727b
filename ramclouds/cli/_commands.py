"""The subcommands, each loaded when it is asked for, and how errors are shown."""

from __future__ import annotations

import errno
import io
import os
import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from ramclouds._version import __version__
from ramclouds.cli._key import NO_KEY, has_key
from ramclouds.errors import RamCloudsError

_CANNOT_WRITE = {errno.ENOSPC, errno.EFBIG, errno.EIO}

# Name -> what it does. `--help` lists them, and loads none of them.
_COMMANDS = {
    "doctor": "Find out what is wrong with the set-up, and say what to do.",
    "models": "List the models that the key may use, and what is known about them.",
    "chat": "Talk to a model.",
    "balance": "Show what is left to spend, and when the key ends.",
    "batch": "Ask many prompts from a file, and keep every answer.",
    "eval": "Count how many tool calls of a model are valid.",
}


class Commands(click.Group):
    """A group whose commands are modules."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in their own order."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name; its module is loaded now."""
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"ramclouds.cli._{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists the commands without loading their modules."""
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Runs a command; an error is one line, and so is a warning."""
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            try:
                return super().invoke(ctx)
            except RamCloudsError as error:
                raise click.ClickException(_text_of(error, ctx.invoked_subcommand)) from None


def _text_of(error: RamCloudsError, command: str | None) -> str:
    if has_key() or not error.message.startswith("No API key"):
        return error.message
    # The library's own hint is about its argument and about pickles.
    local = " Without a key, --local asks a small model on this machine."
    return NO_KEY + (local if command == "chat" else "")


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    click.echo(f"Warning: {message}", err=True)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="ramclouds %(version)s")
def commands() -> None:
    """Work with RamClouds from a terminal.

    The key is read from the environment variable RAMCLOUDS_API_KEY. RAMCLOUDS_BASE_URL names
    another gateway, RAMCLOUDS_MODEL the model, RAMCLOUDS_USER_AGENT what is sent as User-Agent.
    """


def run(argv: Sequence[str] | None) -> int:
    """Runs a command; the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            # Into a pipe Windows writes by a code page that lacks most letters.
            stream.reconfigure(errors="backslashreplace")
    try:
        commands(None if argv is None else list(argv), prog_name="ramclouds")
        sys.stdout.flush()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except OSError as error:
        if error.errno not in _CANNOT_WRITE:
            raise
        return _unwritten(error)
    return 0


def _unwritten(error: OSError) -> int:
    """Says that the output cannot be written, as where the disk is full; the exit code."""
    # Python flushes again when it ends, and would show a second error.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.stderr.write(f"Error: Cannot write the output: {error.strerror or error}.\n")
    return 1
