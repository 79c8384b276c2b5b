"""The HTTP server of the port: threaded, keep-alive, bodies of any size."""

from __future__ import annotations

import errno
import logging
import threading
from typing import Any

from local.front import Application

THREADS = 24
"""Requests served at once. A container job that reads a large object holds one for as long as it reads."""
LAST_MOMENT_S = 2.0
LARGEST_BODY = 8 * 1024**3


class PortUnusable(Exception):
    """Another program listens on the port, or this user may not; the message says which."""


class PortInUse(PortUnusable):
    """Another program listens on the port."""


class Server:
    """Serves an application on 127.0.0.1 from `start` to `close`."""

    def __init__(self, port: int) -> None:
        """Takes the port at once; 0 takes any that is free.

        Raises:
            PortUnusable: see its docstring.
        """
        import waitress.server
        from waitress.channel import HTTPChannel
        from waitress.parser import HTTPRequestParser

        class Parser(HTTPRequestParser):
            """Asks to continue only a body that is still to come: waitress waits for ever for the body of an empty
            PUT that announced `Expect: 100-continue`, as boto3 sends for empty objects."""

            def received(self, data: bytes) -> int:
                taken: int = super().received(data)
                if self.completed:
                    self.expect_continue = False
                return taken

        class Channel(HTTPChannel):
            parser_class = Parser

        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self._closed = False
        self._ending = threading.Lock()
        self._sockets_open = True
        self._application: Application | None = None
        try:
            self._server: Any = waitress.server.create_server(
                self._serve,
                host="127.0.0.1",
                port=port,
                threads=THREADS,
                max_request_body_size=LARGEST_BODY,
                inbuf_overflow=16 * 1024 * 1024,
                channel_timeout=600,
                connection_limit=500,
                ident="reco",
                clear_untrusted_proxy_headers=False,
            )
            self._server.channel_class = Channel
            self._server.pull_trigger = self._wake
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortInUse(f"port {port} is in use: stop what listens there, or choose another --port") from error
            raise PortUnusable(
                f"port {port} cannot be opened ({error.strerror}): choose another --port, above 1023"
            ) from error
        self.port: int = self._server.effective_port
        self._thread = threading.Thread(target=self._run, name="server", daemon=True)

    def _serve(self, environ: Any, start_response: Any) -> Any:
        if self._application is None:
            raise RuntimeError("served before it was started")
        return self._application(environ, start_response)

    def start(self, application: Application) -> None:
        self._application = application
        self._thread.start()

    def _run(self) -> None:
        try:
            self._server.run()
        except OSError:
            if self._sockets_open:
                raise

    def _wake(self) -> None:
        """Makes the loop look at its sockets. A request that outlived the server must not: the number of the pipe it
        would write to may be another file's by then."""
        with self._ending:
            if self._sockets_open:
                self._server.trigger.pull_trigger()

    def _close_sockets(self) -> None:
        from waitress import wasyncore

        with self._ending:
            self._sockets_open = False
            wasyncore.close_all(self._server._map, ignore_all=True)

    def close(self) -> None:
        """Takes no more requests; those under way get a moment. Repeating it does nothing."""
        if self._closed:
            return
        self._closed = True
        if not self._thread.is_alive():
            self._server.close()
            return
        self._server.task_dispatcher.shutdown(timeout=LAST_MOMENT_S)
        # In the thread that selects on the sockets: closed by another they would be selected on once more. Under the
        # lock, since that thread may be awake already and would close the pipe before it is written to.
        with self._ending:
            self._server.trigger.pull_trigger(self._close_sockets)
        self._thread.join(5)
