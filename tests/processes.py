"""A process of its own over this process's moto, which may be killed as any process may: by SIGKILL, in the middle.

What the process asks of AWS it asks of its parent, so what it did before it was killed stays, and nothing of what it
held in memory does: no `finally` runs, no file is closed, no answer goes out. So the parent also knows every request
there is, whichever client and thread it comes from, and may kill at any of them.
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
class Death:
    """When a process is killed."""

    request: int
    """To AWS, from 1, botocore's own retries counted too."""
    after: bool
    """AWS has done its part; else it never hears of the request."""


@dataclass(frozen=True)
class Request:
    """One to AWS, as far as it says what it does."""

    method: str
    url: str
    target: str
    """Such as DynamoDB_20120810.PutItem; empty where the method says it."""

    @property
    def only_reads(self) -> bool:
        """Whether it certainly leaves AWS as it is, so that a kill before it, and after it, leave the same."""
        operation = self.target.rpartition(".")[2]
        return operation.startswith(_READS) if operation else self.method in ("GET", "HEAD")


_READS = ("Get", "BatchGet", "Query", "Scan", "Describe", "List")


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    killed: bool
    requests: tuple[Request, ...]
    """That it sent to AWS, the one at which it was killed among them."""
    answer: Any = None
    """What its work returned; None where it was killed."""


def in_a_process(work: Callable[[], Any], death: Death | None = None) -> Ended:
    """Does the work in a copy of this process, with this process's AWS, until it is done or dies. Costs some 15 ms.

    Raises:
        AssertionError: the work ended with an exception, which is in its text.
    """
    ours, theirs = Pipe()
    child = os.fork()
    if child == 0:
        ours.close()
        _live(theirs, work)
    theirs.close()
    said, requests = _serve(ours, child, death)
    ours.close()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code == -signal.SIGKILL:
        return Ended(killed=True, requests=requests)
    assert code == 0 and said is not None and said[0] == "done", said[1] if said else f"the process ended with {code}"
    return Ended(killed=False, requests=requests, answer=said[1])


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


def _serve(child: Connection, process: int, death: Death | None) -> tuple[tuple[str, Any] | None, tuple[Request, ...]]:
    """Answers what the child asks until it is done or dead; returns its last word, None from a dead one, and what it
    asked."""
    asked: list[Request] = []
    while True:
        try:
            word, *said = child.recv()
        except (EOFError, ConnectionResetError):
            return None, tuple(asked)
        if word != "ask":
            return (word, said[0]), tuple(asked)
        method, url, headers, body = said
        asked.append(Request(method, url, _target_of(headers)))
        due = death if death and death.request == len(asked) else None
        answer = None if due and not due.after else _answer(method, url, headers, body)
        if due:
            os.kill(process, signal.SIGKILL)
            return None, tuple(asked)
        child.send(answer)


def _target_of(headers: list[tuple[str, Any]]) -> str:
    found = next((value for name, value in headers if name.lower() == "x-amz-target"), "")
    return found.decode() if isinstance(found, bytes) else found


def _answer(method: str, url: str, headers: list[tuple[str, Any]], body: Any) -> tuple[int, dict[str, Any], Any]:
    request = AWSPreparedRequest(method, url, HTTPHeaders.from_pairs(headers), body, stream_output=False)
    answer = botocore_stubber.process_request(request)
    assert answer is not None, f"moto does not know {url}"
    status, answered, content = answer
    return status, dict(answered), content
