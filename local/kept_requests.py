"""IAM, KMS, users' buckets and the like: requests that change them are kept, and made again at each start.

They are few, and their effects are all over moto's models. What moto draws at random while it serves one comes from a
seed kept with it, so the ids, access keys and key material come out the same.
"""

from __future__ import annotations

import base64
import io
import random
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

from local.front import Application, Environ, StartResponse, read_signature
from local.journal import Journal
from local.patching import patched

READING = (
    *("Get", "List", "Describe", "Simulate", "Encrypt", "Decrypt", "ReEncrypt", "Generate", "Sign", "Verify"),
    *("PutMetricData", "PutLogEvents", "PutEvents", "StartExecution", "StopExecution", "StartSync", "SendTask"),
    *("StartQuery", "FilterLog", "TestEvent", "Lookup"),
)
"""Beginnings of actions that change nothing which a start has to bring back."""

KEPT_SERVICES = frozenset({"iam", "kms", "ssm", "events", "logs", "monitoring", "states", "sns", "secretsmanager"})
TABLE_ACTIONS = frozenset(
    (
        *("CreateTable", "DeleteTable", "UpdateTable", "UpdateTimeToLive", "UpdateContinuousBackups"),
        *("TagResource", "UntagResource"),
    )
)
HEADERS = ("HTTP_AUTHORIZATION", "HTTP_X_AMZ_TARGET", "CONTENT_TYPE", "HTTP_HOST", "HTTP_X_AMZ_CONTENT_SHA256")
LARGEST_BODY = 1024 * 1024


class _Draws(threading.local):
    """Each thread's own source of random numbers; None while it uses everybody's."""

    source: random.Random | None = None


@contextmanager
def seeding() -> Iterator[Callable[[str], Any]]:
    """Yields a context manager that seeds moto's random numbers for what this thread does in it."""
    from moto.kms import utils
    from moto.moto_api._internal import mock_random
    from moto.moto_api._internal.moto_random import MotoRandom

    draws = _Draws()

    class ThreadRandom(MotoRandom):
        def random(self) -> float:
            return draws.source.random() if draws.source else super().random()

        def getrandbits(self, k: int, /) -> int:
            return draws.source.getrandbits(k) if draws.source else super().getrandbits(k)

    @contextmanager
    def seeded(seed: str) -> Iterator[None]:
        draws.source = random.Random(seed)  # noqa: S311  moto's ids, not secrets
        try:
            yield
        finally:
            draws.source = None

    stock = mock_random.__class__
    mock_random.__class__ = ThreadRandom
    try:
        # KMS draws key material from the system.
        with patched(utils, os=SimpleNamespace(urandom=mock_random.randbytes)):
            yield seeded
    finally:
        mock_random.__class__ = stock


class KeptRequests:
    """moto's application, which keeps the requests that are to be made again."""

    def __init__(self, journal: Journal, application: Application, seeded: Callable[[str], Any]) -> None:
        self._journal = journal
        self._application = application
        self._seeded = seeded
        # In the journal they stand in the order in which moto served them.
        self._lock = threading.Lock()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Any:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if environ["REQUEST_METHOD"] in ("GET", "HEAD", "OPTIONS") or length > LARGEST_BODY:
            return self._application(environ, start_response)
        signature = read_signature(environ)
        service = signature.service if signature else "s3"
        if service not in KEPT_SERVICES | {"s3", "dynamodb"}:
            return self._application(environ, start_response)
        if service == "s3" and not _names_bucket(environ):
            return self._application(environ, start_response)
        body = environ["wsgi.input"].read(length)
        environ["wsgi.input"] = io.BytesIO(body)
        if not _is_kept(service, _action(environ, body)):
            return self._application(environ, start_response)
        return self._serve_and_keep(environ, body, start_response)

    def _serve_and_keep(self, environ: Environ, body: bytes, start_response: StartResponse) -> Any:
        statuses: list[str] = []

        def note(status: str, headers: Any, *rest: Any) -> Any:
            statuses.append(status)
            return start_response(status, headers, *rest)

        seed = secrets.token_hex(8)
        request = {name: environ[name] for name in HEADERS if name in environ}
        request |= {name: environ.get(name, "") for name in ("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING")}
        with self._lock:
            with self._seeded(seed):
                answer = list(self._application(environ, note))
            if statuses[0].startswith("2"):
                self._journal.add_request(seed, {**request, "body": base64.b64encode(body).decode()})
        return answer

    def replay(self) -> list[str]:
        """Makes every kept request again; a sentence for each that moto now refuses."""
        refused = []
        for kept in self._journal.requests():
            body = base64.b64decode(kept.request["body"])
            statuses: list[str] = []
            environ = _environ({name: value for name, value in kept.request.items() if name != "body"}, body)
            with self._seeded(kept.seed):
                list(self._application(environ, lambda status, *_, seen=statuses: seen.append(status)))
            if not statuses[0].startswith("2"):
                what = _action(environ, body) or f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
                refused.append(f"{what}, made again from the data directory, was answered {statuses[0]}")
        return refused


def _environ(given: dict[str, str], body: bytes) -> Environ:
    return {
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SCRIPT_NAME": "",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "CONTENT_LENGTH": str(len(body)),
        **given,
    }


def _names_bucket(environ: Environ) -> bool:
    """Whether an S3 request is about a bucket and not an object in it; a list of objects to delete is not."""
    path = environ.get("PATH_INFO", "").strip("/")
    return "/" not in path and "delete" not in parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)


def _action(environ: Environ, body: bytes) -> str:
    """The operation's name; empty for S3, which has none in its requests."""
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return str(target.rpartition(".")[2])
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        return parse_qs(body.decode(errors="replace")).get("Action", [""])[0]
    return ""


def _is_kept(service: str, action: str) -> bool:
    if service == "s3":
        return True
    if service == "dynamodb":
        return action in TABLE_ACTIONS
    return bool(action) and not action.startswith(READING)
