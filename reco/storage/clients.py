"""AWS clients as the API's functions have them: quick to make, quick to read with, throttles that last are Throttled.

botocore alone makes them: boto3 adds nothing that a handler uses, and importing it costs every cold start.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.loaders import Loader
from botocore.parsers import JSONParser, ResponseParserFactory

from reco.errors import Throttled

THROTTLES = frozenset(
    {
        "ThrottlingException",
        "ThrottledException",
        "Throttling",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestLimitExceeded",
        "ProvisionedThroughputExceededException",
        "TooManyRequestsException",
        "SlowDown",
    }
)
"""Codes with which AWS asks to come back later; "SlowDown" is S3's."""


class _OwnDataLoader(Loader):
    """Reads botocore's own data only, each file once."""

    def __init__(self) -> None:
        super().__init__(extra_search_paths=[self.BUILTIN_DATA_PATH], include_default_search_paths=False)

    def list_available_services(self, type_name: str) -> list[str]:
        """Every folder of the data: botocore itself opens each of the four hundred to see what is in it."""
        return sorted(path.name for path in Path(self.BUILTIN_DATA_PATH).iterdir())


class _AttributesAsTheyAre(JSONParser):
    """Takes texts, numbers and truth values out of DynamoDB's answers as they stand there.

    botocore looks each attribute up under the ten types that it might have, which takes longer than all else that
    reading a hundred items does. The result is the same.
    """

    def _handle_map(self, shape: Any, value: dict[str, Any]) -> Any:
        if shape.value.name != "AttributeValue":
            return super()._handle_map(shape, value)
        return {
            name: each if len(each) == 1 and not _PLAIN.isdisjoint(each) else self._parse_shape(shape.value, each)
            for name, each in value.items()
        }


_PLAIN = frozenset({"S", "N", "BOOL"})
"""Types of attributes that are on the wire what they are in a program."""


class _Parsers(ResponseParserFactory):
    def create_parser(self, protocol_name: str) -> Any:
        if protocol_name == "json":
            return _AttributesAsTheyAre(**self._defaults)
        return super().create_parser(protocol_name)


@cache
def _loader() -> Loader:
    """One for the process: what it has read of a service does for every later client."""
    return _OwnDataLoader()


class Clients:
    """Makes the clients of one function."""

    def __init__(self, region: str) -> None:
        self._region = region
        self._session = botocore.session.Session()
        self._session.register_component("data_loader", _loader())
        self._session.register_component("response_parser_factory", _Parsers())

    def make(self, service: str, config: Config | None = None) -> Any:
        """A client such as `dynamodb`. Any call may raise Throttled, once its retries are used up."""
        client = self._session.create_client(service, region_name=self._region, config=config)
        client.meta.events.register_last("after-call", _raise_throttled)
        return client


def _raise_throttled(http_response: Any, parsed: dict[str, Any], **_: Any) -> None:
    if http_response.status_code >= 300 and parsed.get("Error", {}).get("Code") in THROTTLES:
        raise Throttled("too many requests just now; send this one again in a moment")
