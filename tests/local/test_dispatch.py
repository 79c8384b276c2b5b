"""What is remembered between calls is what moto and botocore would find out again."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest
from botocore.useragent import UserAgentComponent
from hypothesis import given
from hypothesis import strategies as st
from moto import backend_index, backends, mock_aws
from moto.core import responses
from moto.dynamodb.responses import DynamoHandler
from moto.s3.responses import S3Response

from local.dispatch import CALLED_MOST, remembering


def addresses() -> list[str]:
    """Of every service that botocore's table of endpoints names, in two regions of each partition, and of buckets."""
    found = {
        f"https://{service}.{region}.{partition['dnsSuffix']}/some/path"
        for partition in botocore.session.get_session().get_data("endpoints")["partitions"]
        for service in partition["services"]
        for region in list(partition["regions"])[:2]
    }
    names = ("data", "dynamodb", "states.s3", "sts-logs", "s3-like", "firehose.scheduler")
    buckets = {f"https://{name}.s3{dot}amazonaws.com/key" for name in names for dot in (".", ".eu-west-1.")}
    return sorted(found | buckets)


def service_of(address: str) -> str | None:
    """The service whose address moto takes it for."""
    return next((name for name, pattern in backend_index.backend_url_patterns if pattern.match(address)), None)


def test_an_address_leads_to_the_service_that_stock_moto_finds() -> None:
    every = addresses()
    stock = [service_of(each) for each in every]
    assert set(stock) >= CALLED_MOST
    with remembering():
        assert [service_of(each) for each in every] == stock


def test_methods_addresses_and_state_are_stock_motos() -> None:
    def found() -> list[Any]:
        with_account = backends.get_backend("dynamodb")["123456789012"]["us-east-1"]
        return [
            [responses.method_names_from_class(each) for each in (DynamoHandler, S3Response, DynamoHandler)],
            list(with_account.urls),
            with_account,
        ]

    with mock_aws():
        stock = found()
        with remembering():
            assert found() == stock
            assert found() == stock


@given(st.lists(st.tuples(st.text(min_size=1), st.text(min_size=1), st.text() | st.none()), min_size=1))
def test_a_user_agent_is_what_botocore_writes(words: list[tuple[str, str, str | None]]) -> None:
    def written() -> list[str]:
        return [UserAgentComponent(*each).to_string() for each in words]

    stock = written()
    with remembering():
        assert written() == written() == stock


def test_afterwards_moto_and_botocore_are_as_they_were() -> None:
    stock = backend_index.backend_url_patterns, backends.get_backend
    with pytest.raises(ZeroDivisionError), remembering():
        raise ZeroDivisionError
    assert (backend_index.backend_url_patterns, backends.get_backend) == stock
