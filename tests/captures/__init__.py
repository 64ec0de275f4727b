"""What a New API gateway answered, byte for byte, and what a careful reader makes of it."""

from tests.captures.capture import CAPTURES, Capture, named
from tests.captures.expect import Outcome, differences
from tests.captures.wire import SPLITTINGS, ReplayTransport, Splitting, raw_pieces

__all__ = [
    "CAPTURES",
    "SPLITTINGS",
    "Capture",
    "Outcome",
    "ReplayTransport",
    "Splitting",
    "differences",
    "named",
    "raw_pieces",
]
