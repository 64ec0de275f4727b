"""`ramclouds doctor`: what is wrong with the set-up, and what to do."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from shutil import get_terminal_size

import click

from ramclouds._escaping import escaped
from ramclouds.cli import _calls, _checks, _options
from ramclouds.cli._remedies import more_about
from ramclouds.cli._setup import Found, Setup, State
from ramclouds.errors import RamCloudsError

_COLORS = {"ok": "green", "note": "yellow", "fault": "red"}
_FREE = {
    "key": _checks.key,
    "base URL": _checks.base_url,
    "connection": _checks.connection,
    "access": _checks.access,
    "credit": _checks.credit,
    "gateway": _checks.gateway,
    "models": _checks.models,
    "dialect": _checks.dialect,
}
_PAID = {
    "cost": _calls.cost,
    "completion": _calls.completion,
    "stream": _calls.stream,
    "tools": _calls.tools,
    "response_format": _calls.response_format,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    check: str
    state: State
    text: str
    advice: str = ""


@click.command()
@_options.model
@_options.base_url
@click.option("--no-calls", is_flag=True, help="Ask no model, so that nothing is spent.")
@_options.as_json
@click.pass_context
def command(
    ctx: click.Context, model: str | None, base_url: str | None, no_calls: bool, as_json: bool
) -> None:
    """Find out what is wrong with the set-up, and say what to do.

    Looks at the key, the base URL, the connection, the key's rights and credit, the gateway's
    version and its models, then asks a model four times: whole, streamed, with a tool, and for
    JSON. It says before what that costs at most. It stops at the first fault, with exit code 1.
    The key is never shown.
    """
    setup = Setup(base_url, model or "", makes_calls=not no_calls)
    found = []
    for finding in examine(setup):
        found.append(finding)
        if not as_json:
            _show(finding)
    is_well = found[-1].state != "fault"
    if as_json:
        _options.show_json({"ok": is_well, "findings": [asdict(one) for one in found]})
    elif is_well:
        click.echo("All is well.")
    ctx.exit(0 if is_well else 1)


def examine(setup: Setup) -> Iterator[Finding]:
    """Checks one thing after the other; the first fault is the last finding."""
    checks: dict[str, Callable[[Setup], Found]] = {**_FREE}
    if setup.makes_calls:
        checks |= _PAID
    for name, check in checks.items():
        try:
            for state, text in check(setup):
                yield Finding(name, state, text)
        except RamCloudsError as error:
            advice = " ".join(more_about(name, error, setup))
            yield Finding(name, "fault", error.message, advice)
            return


def _show(finding: Finding) -> None:
    """Shows a finding; in a terminal its lines are wrapped under each other."""
    label = f"{finding.state:<6}{finding.check:<17}"
    width = get_terminal_size().columns - 1 if sys.stdout.isatty() else 100_000
    wrap = textwrap.TextWrapper(
        max(width, 60),
        subsequent_indent=" " * len(label),
        break_long_words=False,
        break_on_hyphens=False,
    )
    lines = wrap.wrap(label + escaped(finding.text))
    if finding.advice:
        lines += wrap.wrap(" " * len(label) + escaped(finding.advice))
    state = click.style(
        lines[0][:6], fg=_COLORS[finding.state], bold=finding.state == "fault" or None
    )
    click.echo("\n".join([state + lines[0][6:], *lines[1:]]))
