"""Signing for API Gateway: boto3 signs these services as `personalize`, the gateway's IAM check asks for `execute-api`.

Two ways, measured on real requests (tests/client): without a change to the program, a folder of model extras named by
AWS_DATA_PATH, which boto3 and the AWS CLI read; or one line of boto3 in code. The laptop checks no signature, so a
program may use either everywhere.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SIGNING_NAME = "execute-api"
API_VERSIONS = {
    "personalize": "2018-05-22",
    "personalize-events": "2018-03-22",
    "personalize-runtime": "2018-05-22",
}
"""Folder names under AWS_DATA_PATH: botocore reads an extra only beside the API version it was made for."""

EXTRAS = "service-2.sdk-extras.json"


def write_extras(folder: Path) -> list[Path]:
    """Writes the three files, 66 bytes each, that change nothing of the services' models but the signing name.

    Returns their paths. Files of others in the folder stay.
    """
    text = json.dumps({"version": 1.0, "merge": {"metadata": {"signingName": SIGNING_NAME}}}, separators=(",", ":"))
    paths = []
    for service, version in API_VERSIONS.items():
        path = folder / service / version / EXTRAS
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        paths.append(path)
    return paths


def sign_for_api_gateway(client_or_session: Any) -> Any:
    """Makes a boto3 client, or the clients that a session makes from now on, sign for API Gateway; returns it.

    Only requests of the three Personalize services change.
    """
    if hasattr(client_or_session, "meta"):
        events = client_or_session.meta.events
    elif hasattr(client_or_session, "get_component"):
        events = client_or_session.get_component("event_emitter")
    else:
        events = client_or_session.events
    for service in API_VERSIONS:
        events.register(f"choose-signer.{service}", _choose)
    return client_or_session


def _choose(context: dict[str, Any], **_: Any) -> None:
    # Returns nothing on purpose: an answer would be taken for the signature version.
    context.setdefault("signing", {})["signing_name"] = SIGNING_NAME
