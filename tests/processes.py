"""A process of its own over this process's moto, which may be killed as any process may: by SIGKILL, in the middle.

What the process asks of AWS it asks of its parent, so what it did before it was killed stays, and nothing of what it
held in memory does: no `finally` runs, no file is closed, no answer goes out.
"""

from __future__ import annotations

import os
import signal
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.models import botocore_stubber


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    killed: bool
    answer: Any = None
    """What its work returned; None where it was killed."""


def die() -> None:
    """As the kernel does it to a process that has too little memory, or whose machine is switched off."""
    os.kill(os.getpid(), signal.SIGKILL)


def in_a_process(work: Callable[[], Any]) -> Ended:
    """Does the work in a copy of this process, with this process's AWS. Costs some 15 ms.

    Raises:
        AssertionError: the work ended with an exception, which is in its text.
    """
    ours, theirs = Pipe()
    child = os.fork()
    if child == 0:
        ours.close()
        _live(theirs, work)
    theirs.close()
    said = _serve(ours)
    ours.close()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code == -signal.SIGKILL:
        return Ended(killed=True)
    assert code == 0 and said is not None and said[0] == "done", said[1] if said else f"the process ended with {code}"
    return Ended(killed=False, answer=said[1])


def _live(parent: Connection, work: Callable[[], Any]) -> None:
    """The whole life of the child; does not return."""
    lock = threading.Lock()

    def ask(self: BotocoreStubber, request: AWSPreparedRequest) -> Any:
        body = request.body.read() if hasattr(request.body, "read") else request.body
        with lock:
            parent.send(("ask", request.method, request.url, list(request.headers.items()), body))
            return parent.recv()

    BotocoreStubber.process_request = ask  # type: ignore[method-assign]
    code = 1
    try:
        parent.send(("done", work()))
        code = 0
    except BaseException:
        parent.send(("failed", traceback.format_exc()))
    finally:
        os._exit(code)


def _serve(child: Connection) -> tuple[str, Any] | None:
    """Answers what the child asks until it is done, and returns its last word; None where it was killed."""
    while True:
        try:
            word, *said = child.recv()
        except (EOFError, ConnectionResetError):
            return None
        if word != "ask":
            return word, said[0]
        method, url, headers, body = said
        request = AWSPreparedRequest(method, url, HTTPHeaders.from_pairs(headers), body, stream_output=False)
        answer = botocore_stubber.process_request(request)
        assert answer is not None, f"moto does not know {url}"
        status, answered, content = answer
        child.send((status, dict(answered), content))
