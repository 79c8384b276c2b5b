"""What API Gateway does between the caller and Lambda: an HTTP request as the event of an HTTP API (format 2.0).

The local front and the tests build events with this; on AWS the gateway does.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

TEXT_TYPES = ("text/", "application/json", "application/javascript", "application/xml")
"""Content types whose body stays text; any other becomes base64 (so do bytes that are not UTF-8)."""

API_ID = "local"


def gateway_event(
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    body: bytes,
    account: str,
    region: str,
    caller_arn: str | None,
    request_id: str,
    time_epoch: float,
    *,
    route_key: str = "$default",
) -> dict[str, Any]:
    """The event, without members that the gateway leaves out when they are empty.

    `query` is the raw query string without `?`; `headers` may be in any case; `time_epoch` is in seconds, as a clock
    gives it. Without a `caller_arn` the route is one that asks for no signature.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    cookies = lower.pop("cookie", None)
    domain = f"{API_ID}.execute-api.{region}.amazonaws.com"
    lower.setdefault("host", domain)
    context: dict[str, Any] = {
        "accountId": account,
        "apiId": API_ID,
        "domainName": domain,
        "domainPrefix": API_ID,
        "http": {
            "method": method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": "127.0.0.1",
            "userAgent": lower.get("user-agent", ""),
        },
        "requestId": request_id,
        "routeKey": route_key,
        "stage": "$default",
        "time": datetime.fromtimestamp(time_epoch, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": int(time_epoch * 1000),
    }
    if caller_arn is not None:
        context["authorizer"] = {"iam": _iam(account, caller_arn)}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": path,
        "rawQueryString": query,
        "headers": lower,
        "requestContext": context,
        "isBase64Encoded": False,
    }
    if cookies:
        event["cookies"] = [cookie.strip() for cookie in cookies.split(";")]
    if query:
        event["queryStringParameters"] = _query_parameters(query)
    if body:
        event["body"], event["isBase64Encoded"] = _event_body(body, lower.get("content-type", ""))
    return event


def _iam(account: str, caller_arn: str) -> dict[str, Any]:
    return {
        "accessKey": "AKIAIOSFODNN7EXAMPLE",
        "accountId": account,
        "callerId": "AIDACKCEVSQ6C2EXAMPLE",
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": caller_arn,
        "userId": "AIDACKCEVSQ6C2EXAMPLE",
    }


def _query_parameters(query: str) -> dict[str, str]:
    """Repeated names are joined by commas."""
    joined: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _event_body(body: bytes, content_type: str) -> tuple[str, bool]:
    if content_type.lower().startswith(TEXT_TYPES):
        try:
            return body.decode("utf-8"), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode("ascii"), True
