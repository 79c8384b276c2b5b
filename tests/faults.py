"""Faults between a boto3 client and AWS, the same ones again for the same seed.

    faults = Faults(seed=7)
    faults.add(client, "BatchWriteItem", Throttle(), share=0.3)
    faults.add(client, "PutRecordBatch", LostAnswer(), times=1)
    ...
    assert faults.count("PutRecordBatch") == 1

A fault stands where the network is: botocore's own retries, parsing and errors are real, and so is what the service
(moto in this process, or any server) did or did not do before the fault.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError

Forward = Callable[[Any], AWSResponse]
"""Sends a request on to the service and returns its answer."""


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
        content = f"<Error><Code>{code}</Code><Message>a fault of the test</Message></Error>".encode()
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

    def strike(self, request: Any, forward: Forward, draw: random.Random) -> AWSResponse:
        return _answer(request, 400, {}, self.code)


@dataclass(frozen=True)
class LostAnswer:
    """The service did its work, and the connection broke before it could say so."""

    def strike(self, request: Any, forward: Forward, draw: random.Random) -> AWSResponse:
        forward(request)
        raise ReadTimeoutError(endpoint_url=request.url)


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
    """The request waits; `sleep` may move a clock of the test."""

    seconds: float
    sleep: Callable[[float], None] = time.sleep

    def strike(self, request: Any, forward: Forward, draw: random.Random) -> AWSResponse:
        self.sleep(self.seconds)
        return forward(request)


@dataclass(frozen=True)
class Partly:
    """A batch of which the service takes a part: PutRecordBatch of Firehose, BatchWriteItem of DynamoDB."""

    share: float = 0.5
    """Of the entries that are refused."""

    def strike(self, request: Any, forward: Forward, draw: random.Random) -> AWSResponse:
        body = json.loads(request.body)
        if "Records" in body:
            return self._records(request, body, forward, draw)
        return self._items(request, body, forward, draw)

    def _records(self, request: Any, body: dict[str, Any], forward: Forward, draw: random.Random) -> AWSResponse:
        refused = [draw.random() < self.share for _ in body["Records"]]
        taken = [record for record, no in zip(body["Records"], refused, strict=True) if not no]
        if taken:
            _send_part(request, {**body, "Records": taken}, forward)
        outcomes = [{"ErrorCode": "ServiceUnavailableException"} if no else {"RecordId": "taken"} for no in refused]
        return _answer(request, 200, {"FailedPutCount": sum(refused), "RequestResponses": outcomes})

    def _items(self, request: Any, body: dict[str, Any], forward: Forward, draw: random.Random) -> AWSResponse:
        taken: dict[str, list[Any]] = {}
        refused: dict[str, list[Any]] = {}
        for table, entries in body["RequestItems"].items():
            for entry in entries:
                (refused if draw.random() < self.share else taken).setdefault(table, []).append(entry)
        if taken:
            _send_part(request, {**body, "RequestItems": taken}, forward)
        return _answer(request, 200, {"UnprocessedItems": refused})


def _send_part(request: Any, body: dict[str, Any], forward: Forward) -> None:
    request.body = json.dumps(body).encode()
    request.headers["Content-Length"] = str(len(request.body))
    forward(request)


@dataclass
class _Plan:
    operation: str
    fault: Fault
    share: float
    times: int | None
    skip: int


class Faults:
    """Puts faults before clients and counts how often each operation was struck."""

    def __init__(self, seed: int = 0) -> None:
        self._draw = random.Random(seed)
        self._struck: Counter[str] = Counter()
        self._asked: Counter[str] = Counter()

    def add(
        self,
        client: Any,
        operation: str,
        fault: Fault,
        *,
        share: float = 1.0,
        times: int | None = None,
        skip: int = 0,
    ) -> None:
        """Strikes requests of an operation such as "PutItem", botocore's own retries of one included.

        Args:
            share: of the requests that are struck, drawn one by one.
            times: at most so many strikes; None for no end.
            skip: so many requests pass first.
        """
        plan = _Plan(operation, fault, share, times, skip)
        service = client.meta.service_model.service_id.hyphenize()
        event = f"before-send.{service}.{operation}"
        forwarding = False

        def before_send(request: Any, event_name: str, **_: Any) -> AWSResponse | None:
            nonlocal forwarding
            if forwarding:
                return None
            self._asked[operation] += 1
            if not self._strikes(plan):
                return None
            self._struck[operation] += 1

            def forward(request: Any) -> AWSResponse:
                nonlocal forwarding
                forwarding = True
                try:
                    answers = [answer for _, answer in client.meta.events.emit(event_name, request=request)]
                    found = next((answer for answer in answers if answer is not None), None)
                    return found or client._endpoint.http_session.send(request)
                finally:
                    forwarding = False

            answer = fault.strike(request, forward, self._draw)
            # The other handlers of this event are asked too; moto's must not do the work (again).
            request.url = "http://struck.invalid/"
            return answer

        client.meta.events.register_first(event, before_send)

    def count(self, operation: str) -> int:
        """How often the operation was struck."""
        return self._struck[operation]

    def asked(self, operation: str) -> int:
        """How often it was sent, struck or not, since a fault was added for it."""
        return self._asked[operation]

    def _strikes(self, plan: _Plan) -> bool:
        if plan.skip:
            plan.skip -= 1
            return False
        if plan.times == 0 or self._draw.random() >= plan.share:
            return False
        if plan.times is not None:
            plan.times -= 1
        return True
