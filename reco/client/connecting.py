"""A client of `personalize` for commands: wherever the environment or an option points, signed as that place wants."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from reco.client.refusals import in_one_line
from reco.client.signing import sign_for_api_gateway
from reco.errors import InvalidInput

_PATIENCE = Config(connect_timeout=5, read_timeout=60, retries={"total_max_attempts": 5, "mode": "standard"})


def connect(region: str | None = None, endpoint: str | None = None, profile: str | None = None) -> Any:
    """The client. None leaves each to the environment: AWS_DEFAULT_REGION, AWS_ENDPOINT_URL, AWS_PROFILE.

    An address of API Gateway's own is signed for as such, with or without `reco configure-client`.

    Raises:
        InvalidInput: the environment names no region, or a profile or endpoint that makes no sense.
    """
    try:
        session = boto3.Session(profile_name=profile, region_name=region)
        client = session.client("personalize", endpoint_url=endpoint, config=_PATIENCE)
    except (BotoCoreError, ValueError) as error:
        raise InvalidInput(in_one_line(error)) from error
    if ".execute-api." in (urlsplit(client.meta.endpoint_url).hostname or ""):
        sign_for_api_gateway(client)
    return client
