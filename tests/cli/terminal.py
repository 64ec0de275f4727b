"""A command in a pseudo-terminal, as a user sees it and types into it."""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from pathlib import Path

from typing_extensions import Self

ROOT = Path(__file__).parents[2]
# The terminal becomes that of the process, so that Ctrl-C reaches it.
_RUN = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from ramclouds.cli import main
sys.exit(main(sys.argv[1:]))
"""
# `COVERAGE_...` is how coverage measures it too.
_KEPT = re.compile(r"(PATH|HOME)$|COVERAGE_")
_STYLES = re.compile(r"\x1b(\[[0-9;?]*[a-zA-Z]|\][^\x07]*\x07)")
PATIENCE = 60.0
CTRL_C, CTRL_D, UP = "\x03", "\x04", "\x1b[A"


class Terminal:
    """Runs a command in a terminal of 80 columns and 24 lines, while the `with` block runs."""

    def __init__(self, *arguments: str, env: Mapping[str, str]) -> None:
        self._ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        settings = {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT), **env}
        kept = {name: text for name, text in os.environ.items() if _KEPT.match(name)}
        self._process = subprocess.Popen(
            [sys.executable, "-c", _RUN, *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=kept | settings,
            start_new_session=True,
        )
        os.close(theirs)
        self.raw = ""
        self._read_up_to = 0

    @property
    def text(self) -> str:
        """All that was shown, without colours and moves of the cursor."""
        return _STYLES.sub("", self.raw).replace("\r\n", "\n")

    def until(self, text: str) -> str:
        """Waits until a text is shown behind what was waited for before; all that is new."""
        end = time.monotonic() + PATIENCE
        while (at := self.text.find(text, self._read_up_to)) < 0:
            if time.monotonic() > end or not self._read():
                raise AssertionError(f"{text!r} is not in {self.text[self._read_up_to :]!r}")
        start, self._read_up_to = self._read_up_to, at + len(text)
        return self.text[start : self._read_up_to]

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def code(self) -> int:
        """Waits until the command has ended; its exit code."""
        end = time.monotonic() + PATIENCE
        while self._read() and time.monotonic() < end:
            pass
        return self._process.wait(PATIENCE)

    def _read(self) -> bool:
        """Takes in what is shown; whether more may come."""
        if not select.select([self._ours], [], [], 0.1)[0]:
            return True
        try:
            data = os.read(self._ours, 65_536)
        except OSError:  # Linux says so where the other end is closed.
            return False
        self.raw += data.decode()
        return bool(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        os.close(self._ours)
