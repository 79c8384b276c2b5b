"""The port's server comes to its end quietly, whatever is still under way."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import pytest

from local import server
from local.server import Server


@pytest.fixture
def uncaught(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """What threads died of."""
    found: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", found.append)
    yield found


def test_a_request_that_outlives_the_server_ends_without_a_word(
    monkeypatch: pytest.MonkeyPatch, uncaught: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(server, "LAST_MOMENT_S", 0.05)
    asked, go_on, answered = threading.Event(), threading.Event(), threading.Event()

    def application(environ: Any, start_response: Any) -> Any:
        asked.set()
        go_on.wait(10)
        start_response("200 OK", [("content-length", "200000")])
        yield b"x" * 100_000
        yield b"x" * 100_000
        answered.set()

    served = Server(0)
    served.start(application)
    before = threading.active_count()
    connection = HTTPConnection("127.0.0.1", served.port, timeout=10)
    connection.request("GET", "/")
    assert asked.wait(10)
    workers = [thread for thread in threading.enumerate() if thread.name.startswith("waitress")]
    served.close()
    go_on.set()
    for worker in workers:
        worker.join(10)
    assert threading.active_count() < before
    assert uncaught == []
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    connection.close()


def test_open_connections_do_not_disturb_the_end(uncaught: list[Any], caplog: pytest.LogCaptureFixture) -> None:
    def application(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [("content-length", "2")])
        return [b"ok"]

    for _ in range(20):
        served = Server(0)
        served.start(application)
        connections = [HTTPConnection("127.0.0.1", served.port, timeout=10) for _ in range(8)]
        for connection in connections:
            connection.request("GET", "/")
        for connection in connections[::2]:
            assert connection.getresponse().read() == b"ok"
        served.close()
        for connection in connections:
            connection.close()
    assert uncaught == []
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
