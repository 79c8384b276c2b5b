"""Faults between a boto3 client and what it speaks to, the same ones again for the same seed.

    with Faults(seed=7) as faults:
        faults.add(client, "BatchWriteItem", Throttle(), share=0.3)
        faults.add(client, "PutRecordBatch", LostAnswer(), times=1)
        ...
        assert faults.count("PutRecordBatch") == 1

A fault stands where the network is: botocore's own retries, parsing and errors are real, and so is what the service
(moto in this process, our own control plane, or any server) did or did not do before the fault. Every test that needs
something to go wrong between a client and a service takes it from here.
"""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError

Forward = Callable[[Any], AWSResponse]
"""Sends a request on to the service and returns its answer."""

ANY = "*"
"""Stands for every operation of a client."""

_STRUCK = "http://struck.invalid/"


class Fault(Protocol):
    def strike(self, request: Any, forward: Forward, draw: random.Random) -> AWSResponse:
        """Answers the request in the service's place, having let the service do its work or not."""


class _Body:
    """What botocore reads an answer from."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, *_: object, **__: object) -> Any:
        yield self._content


def _answer(request: Any, status: int, body: dict[str, Any], code: str | None = None) -> AWSResponse:
    headers = {"content-type": "application/x-amz-json-1.0", "x-amzn-RequestId": "fault"}
    content = json.dumps({"__type": code, "message": "a fault of the test", **body} if code else body).encode()
    if code and "s3" in request.url.partition("//")[2].split("/")[0]:
        said = body.get("message", "a fault of the test")
        content = f"<Error><Code>{code}</Code><Message>{said}</Message></Error>".encode()
        headers["content-type"] = "application/xml"
    return AWSResponse(request.url, status, headers, _Body(content))


@dataclass(frozen=True)
class Throttle:
    """Refused before anything happened. botocore tries again, some times."""

    code: str = "ThrottlingException"

    def strike(self, request: Any, forward: Forward, draw: random.Random) -> AWSResponse:
        return _answer(request, 400, {}, self.code)


@dataclass(frozen=True)
class ServerError:
    """Status 500; with `after`, the service did its work nonetheless."""

    after: bool = False

    def strike(self, request: Any, forward: Forward, draw: random.Random) -> AWSResponse:
        if self.after:
            forward(request)
        return _answer(request, 500, {}, "InternalServerError")


@dataclass(frozen=True)
class Refusal:
    """An error that botocore does not try again."""

    code: str = "AccessDeniedException"
    said: str = "a fault of the test"

    def strike(self, request: Any, forward: Forward, draw: random.Random) -> AWSResponse:
        return _answer(request, 400, {"message": self.said}, self.code)


@dataclass(frozen=True)
class LostAnswer:
    """The service did its work, and the connection broke before it could say so."""

    def strike(self, request: Any, forward: Forward, draw: random.Random) -> AWSResponse:
        forward(request)
        raise ReadTimeoutError(endpoint_url=request.url)


@dataclass(frozen=True)
class Repeated:
    """The first answer was lost, and botocore has sent the request again: what the caller sees is the second answer.

    For clients that try nothing again themselves, such as those of tests.wire.clients.
    """

    def strike(self, request: Any, forward: Forward, draw: random.Random) -> AWSResponse:
        forward(request)
        return forward(request)


class Killed(BaseException):
    """Stands for a process that ends here: no `except Exception` on the way sees it."""


@dataclass(frozen=True)
class Kill:
    """The caller dies before the request, or after the service did its work."""

    after: bool = False

    def strike(self, request: Any, forward: Forward, draw: random.Random) -> AWSResponse:
        if self.after:
            forward(request)
        raise Killed(request.url)


@dataclass(frozen=True)
class Delay:
    """The request waits: `sleep` moves a clock of the test."""

    seconds: float
    sleep: Callable[[float], object]

    def strike(self, request: Any, forward: Forward, draw: random.Random) -> AWSResponse:
        self.sleep(self.seconds)
        return forward(request)


@dataclass(frozen=True)
class Meanwhile:
    """Something else happens just before the request, or after the service did its work."""

    work: Callable[[], object]
    after: bool = False

    def strike(self, request: Any, forward: Forward, draw: random.Random) -> AWSResponse:
        if not self.after:
            self.work()
        answer = forward(request)
        if self.after:
            self.work()
        return answer


@dataclass(frozen=True)
class Partly:
    """A batch of which the service takes a part: PutRecordBatch of Firehose, BatchWriteItem of DynamoDB.

    The rest reaches the service, and its answer counts: whatever is said to be taken was taken.
    """

    share: float = 0.5
    """Of the entries that are refused."""

    def strike(self, request: Any, forward: Forward, draw: random.Random) -> AWSResponse:
        body = json.loads(request.body)
        if "Records" in body:
            return self._records(request, body, forward, draw)
        return self._items(request, body, forward, draw)

    def _records(self, request: Any, body: dict[str, Any], forward: Forward, draw: random.Random) -> AWSResponse:
        refused = [draw.random() < self.share for _ in body["Records"]]
        sent = [record for record, no in zip(body["Records"], refused, strict=True) if not no]
        said: list[dict[str, str]] = []
        if sent:
            answer = _send_part(request, {**body, "Records": sent}, forward)
            if answer.status_code != 200:
                return answer
            said = json.loads(answer.content)["RequestResponses"]
        rest = iter(said)
        outcomes = [{"ErrorCode": "ServiceUnavailableException"} if no else next(rest) for no in refused]
        failed = sum("ErrorCode" in outcome for outcome in outcomes)
        return _answer(request, 200, {"FailedPutCount": failed, "RequestResponses": outcomes})

    def _items(self, request: Any, body: dict[str, Any], forward: Forward, draw: random.Random) -> AWSResponse:
        sent: dict[str, list[Any]] = {}
        refused: dict[str, list[Any]] = {}
        for table, entries in body["RequestItems"].items():
            for entry in entries:
                (refused if draw.random() < self.share else sent).setdefault(table, []).append(entry)
        if sent:
            answer = _send_part(request, {**body, "RequestItems": sent}, forward)
            if answer.status_code != 200:
                return answer
            for table, entries in json.loads(answer.content).get("UnprocessedItems", {}).items():
                refused.setdefault(table, []).extend(entries)
        return _answer(request, 200, {"UnprocessedItems": refused})


def _send_part(request: Any, body: dict[str, Any], forward: Forward) -> AWSResponse:
    request.body = json.dumps(body).encode()
    request.headers["Content-Length"] = str(len(request.body))
    return forward(request)


@dataclass
class _Plan:
    clients: tuple[Any, ...]
    operation: str
    fault: Fault
    share: float
    times: int | None
    skip: int

    def meets(self, client: Any, operation: str) -> bool:
        return self.operation in (operation, ANY) and any(each is client for each in self.clients)

    def strikes(self, draw: random.Random) -> bool:
        """Whether it strikes the request that it meets; counts it."""
        if self.skip:
            self.skip -= 1
            return False
        if self.times == 0 or draw.random() >= self.share:
            return False
        if self.times is not None:
            self.times -= 1
        return True


class Faults:
    """Puts faults before clients and remembers what these sent.

    Of several faults for one request, the first that was added and strikes is the one. Leaving the `with` takes all
    of them away again; without it they stay as long as the client.
    """

    def __init__(self, seed: int = 0) -> None:
        self._draw = random.Random(seed)
        self._plans: list[_Plan] = []
        self._watched: list[tuple[Any, str, Callable[..., Any]]] = []
        self._struck: Counter[str] = Counter()
        self.sent: list[str] = []
        """Every operation in the order in which the clients sent it, struck or not, botocore's own retries too."""

    def __enter__(self) -> Faults:
        return self

    def __exit__(self, *_: object) -> None:
        for client, event, handler in self._watched:
            client.meta.events.unregister(event, handler)
        self._watched.clear()

    def watch(self, *clients: Any) -> None:
        """Remembers what the clients send from now on."""
        for client in clients:
            if not any(each is client for each, _, _ in self._watched):
                event = f"before-send.{client.meta.service_model.service_id.hyphenize()}"
                handler = self._handler(client)
                client.meta.events.register_first(event, handler)
                self._watched.append((client, event, handler))

    def add(
        self,
        clients: Any,
        operation: str,
        fault: Fault,
        *,
        share: float = 1.0,
        times: int | None = None,
        skip: int = 0,
    ) -> None:
        """Strikes requests of an operation such as "PutItem", botocore's own retries of one included.

        Args:
            clients: one, or a tuple of them, which are counted together.
            operation: ANY for whatever they send.
            share: of the requests that are struck, drawn one by one.
            times: at most so many strikes; None for no end.
            skip: so many requests pass first.
        """
        several = clients if isinstance(clients, tuple) else (clients,)
        self.watch(*several)
        self._plans.append(_Plan(several, operation, fault, share, times, skip))

    def count(self, operation: str = ANY) -> int:
        """How often the operation was struck."""
        return self._struck.total() if operation == ANY else self._struck[operation]

    def asked(self, operation: str) -> int:
        """How often it was sent, struck or not, since its client is watched."""
        return self.sent.count(operation)

    def _fault(self, client: Any, operation: str) -> Fault | None:
        """What strikes this request, if anything does."""
        met = [plan for plan in self._plans if plan.meets(client, operation)]
        return next((plan.fault for plan in met if plan.strikes(self._draw)), None)

    def _handler(self, client: Any) -> Callable[..., AWSResponse | None]:
        thread = threading.local()

        def before_send(request: Any, event_name: str, **_: Any) -> AWSResponse | None:
            if getattr(thread, "forwarding", False) or request.url == _STRUCK:
                return None
            operation = event_name.rpartition(".")[2]
            self.sent.append(operation)
            fault = self._fault(client, operation)
            if fault is None:
                return None
            self._struck[operation] += 1

            def forward(request: Any) -> AWSResponse:
                thread.forwarding = True
                try:
                    answers = [answer for _, answer in client.meta.events.emit(event_name, request=request)]
                    found = next((answer for answer in answers if answer is not None), None)
                    return found or client._endpoint.http_session.send(request)
                finally:
                    thread.forwarding = False

            answer = fault.strike(request, forward, self._draw)
            # The other handlers of this event are asked too; moto's must not do the work (again).
            request.url = _STRUCK
            return answer

        return before_send
