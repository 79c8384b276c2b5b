"""boto3 clients from one session: its models are loaded once, and two threads never make a client at the same time."""

from __future__ import annotations

import threading
from typing import Any

CREDENTIAL = "local"
"""Access key and secret alike: nothing here checks them."""


class Clients:
    """Makes and keeps the stack's clients."""

    def __init__(self, region: str) -> None:
        import boto3

        self._session = boto3.session.Session(
            region_name=region, aws_access_key_id=CREDENTIAL, aws_secret_access_key=CREDENTIAL
        )
        self._shared: dict[str, Any] = {}
        self._lock = threading.Lock()

    def make(self, service: str, **settings: Any) -> Any:
        """A new client; `settings` go to boto3."""
        with self._lock:
            return self._session.client(service, **settings)

    def shared(self, service: str, **settings: Any) -> Any:
        """The client of a service, made at its first use; `settings` count then only."""
        client = self._shared.get(service)
        if client is None:
            client = self._shared.setdefault(service, self.make(service, **settings))
        return client
