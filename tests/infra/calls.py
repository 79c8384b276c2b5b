"""Every call that boto3 makes in this process, as the IAM action and the thing it acts on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.client import BaseClient

MARK = "CALL "
"""Begins a line on which a job tells a call."""

Call = list[str]
"""Service, IAM action without its service, what it acts on: a table, an object's address, or an ARN."""

ACTIONS = {
    "HeadObject": "GetObject",
    "ListObjectsV2": "ListBucket",
    "HeadBucket": "ListBucket",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
}
"""By operation, where the action is called otherwise."""


@contextmanager
def recording(tell: Callable[[str | None, Call], object], maker: Callable[[], str | None]) -> Iterator[None]:
    """Tells each call while the block runs, but for those made as another role.

    Args:
        tell: given the maker of the client, and the call. Transfers call in threads of their own, so the client is
            what says whose call it is.
        maker: who makes a client just now.
    """
    initialise, call = BaseClient.__init__, BaseClient._make_api_call

    def initialise_noting(client: Any, *given: Any, **named: Any) -> None:
        initialise(client, *given, **named)
        client._made_by = maker()

    def call_noting(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        if getattr(client._request_signer._credentials, "method", "") != "reco-taken-role":
            service = client.meta.service_model.service_id.lower()
            tell(getattr(client, "_made_by", None), [service, ACTIONS.get(operation, operation), subject(parameters)])
        return call(client, operation, parameters)

    BaseClient.__init__, BaseClient._make_api_call = initialise_noting, call_noting
    try:
        yield
    finally:
        BaseClient.__init__, BaseClient._make_api_call = initialise, call


def subject(parameters: dict[str, Any]) -> str:
    if "Bucket" in parameters:
        return f"{parameters['Bucket']}/{parameters.get('Key') or parameters.get('Prefix') or ''}"
    if "RequestItems" in parameters:
        return next(iter(parameters["RequestItems"]))
    for name in ("TableName", "DeliveryStreamName", "stateMachineArn", "executionArn", "RoleArn"):
        if name in parameters:
            return str(parameters[name])
    return ""
