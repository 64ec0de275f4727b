"""The command line of bulk runs: `python -m ramclouds.bulk IN --out OUT --model M`."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, BinaryIO, NoReturn

from ramclouds import bulk
from ramclouds._client import AsyncClient, Client
from ramclouds.bulk._lines import to_line
from ramclouds.bulk._report import Report
from ramclouds.bulk._setup import MAX_RETRIES
from ramclouds.errors import APIStatusError, ConfigurationError, ResponseError

_BAD_INPUT = 3
_EPILOG = """\
Exit codes: 0 all answered, 1 some failed or refused, 2 budget, 3 bad input, 130 interrupted.
The same command again asks only what is missing. The key is read from RAMCLOUDS_API_KEY.
"""


def main(argv: Sequence[str] | None = None, *, prog: str = "python -m ramclouds.bulk") -> int:
    """Runs the command, which was called by this name, and gives its exit code."""
    options = _parser(prog).parse_args(argv)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("ramclouds.bulk").setLevel(logging.INFO)
    try:
        report = _run(options)
    except (ConfigurationError, TypeError) as error:
        # TypeError: an unknown --param.
        sys.stderr.write(f"{error}\n")
        return _BAD_INPUT
    except KeyboardInterrupt:
        # While the input was read: nothing was sent.
        return 130
    _show(report)
    return report.exit_code


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Ends as for bad input: argparse's own code, 2, is that of the budget."""
        self.print_usage(sys.stderr)
        self.exit(_BAD_INPUT, f"{message}\n")


def _parser(prog: str) -> argparse.ArgumentParser:
    parser = _Parser(
        prog=prog,
        description="Ask many prompts, and keep every answer.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("rows", metavar="IN", help="a file of JSONL, CSV or Parquet; - is JSONL from stdin")
    add("--out", required=True, help="the file of answers, which is the journal too")
    add("--model", help="the model, where a row names none")
    add("--prompt", help="a template of columns: 'Translate: {text}'")
    add("--param", action="append", default=[], metavar="NAME=VALUE", help="such as temperature=0")
    add("--embed", action="store_true", help="ask for embeddings")
    add("--base-url", help="the gateway's address; else RAMCLOUDS_BASE_URL")
    add("--max-in-flight", type=int, help="calls at once")
    add("--max-tokens-total", type=int, help="tokens that this run may use")
    add("--max-cost", type=float, help="US dollars that this run may cost")
    add("--skip-bad", action="store_true", help="leave out rows that cannot be read")
    add("--retry-failed", action="store_true", help="ask rows again that failed for good")
    add("--progress", action=argparse.BooleanOptionalAction, help="by default in a terminal")
    return parser


def _run(options: argparse.Namespace) -> Report:
    limits = {
        name: value
        for name in ("max_in_flight", "max_tokens_total", "max_cost")
        if (value := getattr(options, name)) is not None
    }
    if options.max_cost is not None:
        _ask_prices(options.base_url)
    work: Any = bulk.embed if options.embed else bulk.run
    report: Report = work(
        _stdin() if options.rows == "-" else options.rows,
        out=options.out,
        model=options.model,
        prompt=options.prompt,
        client=AsyncClient(base_url=options.base_url, max_retries=MAX_RETRIES),
        skip_bad=options.skip_bad,
        retry_failed=options.retry_failed,
        progress=options.progress,
        **limits,
        **dict(map(_param, options.param)),
    )
    return report


def _stdin() -> BinaryIO:
    # Not `sys.stdin.buffer`: Python cannot exit while a thread reads from it.
    return open(sys.stdin.fileno(), "rb", closefd=False)


def _ask_prices(base_url: str | None) -> None:
    """Asks the gateway for its prices; without them, list prices limit the cost."""
    with Client(base_url=base_url) as client, suppress(APIStatusError, ResponseError):
        client.prices()


def _param(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ConfigurationError(f"--param {text!r} has no value. Write it as temperature=0.")
    try:
        return name.strip(), json.loads(value)
    except ValueError:
        # A text needs no quotation marks.
        return name.strip(), value


def _show(report: Report) -> None:
    sys.stderr.write(f"{report}\n")
    for result in report.unwritten:
        # The disk is full: whoever reads stdout may write to another disk.
        sys.stdout.buffer.write(to_line(result))


if __name__ == "__main__":
    sys.exit(main())
