"""Time as an argument: services take a Clock, tests hand them one they can move."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], float]
"""Returns seconds since the epoch, with fraction."""

system_clock: Clock = time.time
