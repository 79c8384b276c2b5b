"""Who computes a factorisation: this process and forked copies of it, which take tasks as they are free.

Threads would not do. Between two of its calls numpy needs the interpreter, and a thread that has to wait for it sleeps
longer than one of the calls lasts: two threads took as long as one, at one and a half times the work.

What all share lies in memory that a fork shares; everything else is as it was when the crew was formed. Orders go down
a pipe of each worker's own, the numbers of tasks down one pipe that all of them read, four bytes at a time, and every
worker says when it has found the pipe's end. A worker that ends early is noticed; one whose parent is gone ends, since
its pipe does.
"""

from __future__ import annotations

import gc
import mmap
import os
import signal
import struct
import sys
import traceback
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

LARGE_PAGE = 1 << 21
MOST_TASKS = 4096
"""Numbers that are in the pipe at once; it holds four times as many."""
_ORDER = struct.Struct("<iiii")
_NUMBER = struct.Struct("<i")
_END = -1
_DONE, _FAILED = b".", b"!"

Order = tuple[int, int, int, int]
"""What to do, in numbers that whoever performs it understands."""


class WorkerLost(Exception):
    """A worker ended before its work: most often there was no memory left."""


class Crew:
    """Workers, from `__enter__` to `__exit__`.

    No other thread may be at work when a crew of more than one is formed: a fork copies locks, not those who hold them.
    """

    def __init__(self, size: int, perform: Callable[[Order, int, Any], None], equip: Callable[[], Any]) -> None:
        """`perform(order, task, equipment)` does one task; `equip` makes what each worker keeps for itself."""
        self.size = size
        self._perform = perform
        self._equip = equip
        self._orders: list[int] = []
        self._reports: list[int] = []
        self._workers: list[int] = []

    def __enter__(self) -> Crew:
        if self.size > 1:
            self._numbers, self._handout = os.pipe()
            # What stands now is garbage to nobody; a collection would copy it all, page by page.
            gc.freeze()
            for _ in range(self.size - 1):
                self._hire()
            gc.unfreeze()
        self._equipment = self._equip()
        return self

    def __exit__(self, *error: object) -> None:
        if self.size == 1:
            return
        for end in (*self._orders, *self._reports, self._numbers, self._handout):
            os.close(end)
        for worker in self._workers:
            os.waitpid(worker, 0)

    def each(self, order: Order, count: int) -> None:
        """Performs an order for the tasks 0 to count - 1, in an order of its own.

        Raises:
            WorkerLost: see there.
        """
        if self.size == 1:
            for task in range(count):
                self._perform(order, task, self._equipment)
            return
        share = -(-count // MOST_TASKS) or 1
        starts = [*range(0, count, share), *[_END] * self.size]
        message = _ORDER.pack(*order) + _NUMBER.pack(count) + _NUMBER.pack(share)
        try:
            for end in self._orders:
                os.write(end, message)
            os.write(self._handout, np.array(starts, "<i4").tobytes())
            self._work(order, count, share, self._equipment)
        except BrokenPipeError as error:
            raise WorkerLost("a worker ended before its work") from error
        for end in self._reports:
            if os.read(end, 1) != _DONE:
                raise WorkerLost("a worker ended before its work; what it said of it is in the log")

    def _work(self, order: Order, count: int, share: int, equipment: Any) -> None:
        while True:
            taken = os.read(self._numbers, _NUMBER.size)
            start = _NUMBER.unpack(taken)[0] if taken else _END
            if start == _END:
                return
            for task in range(start, min(start + share, count)):
                self._perform(order, task, equipment)

    def _hire(self) -> None:
        orders, order_end = os.pipe()
        report_end, reports = os.pipe()
        worker = os.fork()
        if worker:
            for end in (orders, reports):
                os.close(end)
            self._orders.append(order_end)
            self._reports.append(report_end)
            self._workers.append(worker)
            return
        status = 1
        try:
            # Only the parent may hold these ends: that it has closed them is how its end is seen.
            for end in (order_end, report_end, self._handout, *self._orders, *self._reports):
                os.close(end)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            # The parent may leave its signals to a thread that waits for them; here there is no such thread.
            signal.pthread_sigmask(signal.SIG_SETMASK, ())
            self._serve(orders, reports)
            status = 0
        except BrokenPipeError:
            status = 0
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            os.write(reports, _FAILED)
        finally:
            os._exit(status)

    def _serve(self, orders: int, reports: int) -> None:
        equipment = self._equip()
        size = _ORDER.size + 2 * _NUMBER.size
        while len(message := os.read(orders, size)) == size:
            count, share = _NUMBER.unpack_from(message, _ORDER.size)[0], _NUMBER.unpack_from(message, size - 4)[0]
            self._work(_ORDER.unpack_from(message), count, share, equipment)
            os.write(reports, _DONE)


def crew_size(wanted: int) -> int:
    """As many workers as wanted, where the system can fork safely; else one."""
    return max(1, wanted) if sys.platform == "linux" else 1


def shared_zeros(*shape: int, dtype: Any = np.float32) -> NDArray[Any]:
    """Zeros that forked processes share; freed with the last array that looks at them."""
    kind = np.dtype(dtype)
    count = int(np.prod(shape, dtype=np.int64))
    memory = mmap.mmap(-1, max(1, count * kind.itemsize))
    return np.frombuffer(memory, kind, count).reshape(shape)


def large_zeros(*shape: int) -> NDArray[np.float32]:
    """Zeros of a process's own that begin where a large page does: rows of 64 bytes' multiples then never straddle a
    cache line, and numpy asks for large pages for memory of this size, which halves the cost of gathering from it."""
    size = 4 * int(np.prod(shape, dtype=np.int64))
    memory = np.empty(size + LARGE_PAGE, np.uint8)
    start = -memory.ctypes.data % LARGE_PAGE
    zeros = memory[start : start + size].view(np.float32).reshape(shape)
    zeros[...] = 0
    return zeros
