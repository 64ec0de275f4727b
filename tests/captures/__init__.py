"""What a New API gateway answered, byte for byte, and what a careful reader makes of it."""

from tests.captures.capture import CAPTURES, Capture, named
from tests.captures.expect import Outcome, differences
from tests.captures.wire import ReplayTransport, raw_pieces

__all__ = [
    "CAPTURES",
    "Capture",
    "Outcome",
    "ReplayTransport",
    "differences",
    "named",
    "raw_pieces",
]
