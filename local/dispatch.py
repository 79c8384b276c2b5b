"""What moto and botocore find out anew at each call and never changes; here it is remembered: 0.5 ms of each call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from local.patching import patched

CALLED_MOST = frozenset(("dynamodb", "s3", "stepfunctions", "scheduler", "firehose", "sts", "ssm"))
"""Services whose addresses are tried before the 170 others."""


@contextmanager
def remembering() -> Iterator[None]:
    """While the block runs, lists each class's methods and each service's addresses once, imports each service's
    state once, tries the addresses that are most called first, and cleans each word of a user agent once."""
    from botocore import useragent
    from moto import backend_index, backends
    from moto.core import responses
    from moto.core.base_backend import BaseBackend

    addresses_of = BaseBackend.__dict__["urls"].fget
    found: dict[type, Any] = {}

    def urls(self: Any) -> Any:
        # They depend on the service's module only.
        if type(self) not in found:
            found[type(self)] = addresses_of(self)
        return found[type(self)]

    # No address of one of these is like an address of another service: the first that fits stays the first.
    addresses = sorted(backend_index.backend_url_patterns, key=lambda each: each[0] not in CALLED_MOST)
    cleaned = lru_cache(useragent.sanitize_user_agent_string_component)
    with (
        patched(responses, method_names_from_class=lru_cache(responses.method_names_from_class)),
        patched(BaseBackend, urls=property(urls)),
        patched(backends, get_backend=lru_cache(backends.get_backend)),
        patched(backend_index, backend_url_patterns=addresses),
        patched(useragent, sanitize_user_agent_string_component=cleaned),
    ):
        yield
