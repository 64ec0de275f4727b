"""One writer for a file, on any system."""

from __future__ import annotations

import errno
import logging
import os
import sys

from ramclouds.errors import ConfigurationError

logger = logging.getLogger("ramclouds.bulk")

_TAKEN = (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK)
# Windows locks bytes, and nobody else may read them: this one is behind the end of any file.
_FAR_AWAY = 2**62


def lock(descriptor: int, path: str) -> None:
    """Makes this process the one writer until the file is closed, or the process ends.

    Raises:
        ConfigurationError: another one writes.
    """
    try:
        _lock(descriptor)
    except OSError as exc:
        if exc.errno in _TAKEN:
            raise ConfigurationError(
                f"Another run writes to {path}. Wait until it has ended, or give another file."
            ) from exc
        # Some network file systems have no locks.
        logger.warning("%s cannot be locked (%s): let no second run write to it", path, exc)


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, _FAR_AWAY, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
