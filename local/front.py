"""What stands where API Gateway would: HTTP requests become payload 2.0 events for the function their route names.

Routes and CORS come from the deployed template. A request is the API's when it is signed for personalize or
execute-api, carries one of Personalize's targets, or asks for one of the routes unsigned; all else is moto's.
"""

from __future__ import annotations

import base64
import json
import re
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from local.deployer import ACCOUNT
from local.resource_types import Acknowledgements
from reco.wire.gateway import gateway_event

LARGEST_REQUEST = 10 * 1024 * 1024
LARGEST_EVENT = 6 * 1024 * 1024
LONGEST_S = 30.0
"""Source: quotas of API Gateway HTTP APIs and of Lambda."""

OUR_SERVICES = frozenset({"personalize", "execute-api"})
TARGETS = ("AmazonPersonalize.", "AmazonPersonalizeRuntime.", "AmazonPersonalizeEvents.")

_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]


@dataclass(frozen=True)
class Cors:
    """What pages of other origins may do."""

    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...]
    exposed: tuple[str, ...]
    max_age_s: int

    def headers_for(self, origin: str | None) -> list[tuple[str, str]]:
        """Headers of an answer to a page of this origin; none when it may not read it."""
        if origin is None or not ("*" in self.origins or origin in self.origins):
            return []
        allowed = [("access-control-allow-origin", "*" if "*" in self.origins else origin)]
        return allowed + ([("access-control-expose-headers", ",".join(self.exposed))] if self.exposed else [])

    def preflight(self, origin: str | None) -> list[tuple[str, str]]:
        allowed = self.headers_for(origin)
        if not allowed:
            return []
        return [
            allowed[0],
            ("access-control-allow-methods", ",".join(self.methods)),
            ("access-control-allow-headers", ",".join(self.headers)),
            ("access-control-max-age", str(self.max_age_s)),
        ]


@dataclass(frozen=True)
class Api:
    """The routes of the deployed HTTP API."""

    routes: Mapping[str, str]
    """Route key, `POST /events` or `$default`, to the ARN of its function."""
    signed: frozenset[str]
    """Route keys that want a signature."""
    cors: Cors | None

    @property
    def paths(self) -> frozenset[str]:
        return frozenset(key.partition(" ")[2] for key in self.routes if " " in key and "{" not in key)

    def route(self, method: str, path: str) -> str | None:
        """The most specific route key that fits; None when there is none."""
        for key in (f"{method} {path}", f"ANY {path}"):
            if key in self.routes:
                return key
        greedy = [
            key
            for key in self.routes
            if key.endswith("/{proxy+}")
            and key.partition(" ")[0] in (method, "ANY")
            and path.startswith(key.partition(" ")[2].removesuffix("{proxy+}"))
            and path != "/"
        ]
        if greedy:
            return max(greedy, key=len)
        return "$default" if "$default" in self.routes else None


def read_api(acknowledged: Acknowledgements) -> Api:
    """The API as the template has it, from what the deployment acknowledged."""
    integrations = acknowledged.of("AWS::ApiGatewayV2::Integration")
    routes, signed = {}, set()
    for properties in acknowledged.of("AWS::ApiGatewayV2::Route").values():
        integration = integrations[properties["Target"].removeprefix("integrations/")]
        match = re.search(r"arn:aws[a-z-]*:lambda:[^/]*:function:[^/:]+", integration["IntegrationUri"])
        if match is None:
            raise ValueError(f"route {properties['RouteKey']} leads to no function: {integration['IntegrationUri']}")
        routes[properties["RouteKey"]] = match[0]
        if properties.get("AuthorizationType") == "AWS_IAM":
            signed.add(properties["RouteKey"])
    cors = None
    for properties in acknowledged.of("AWS::ApiGatewayV2::Api").values():
        given = properties.get("CorsConfiguration")
        if given:
            cors = Cors(
                tuple(given.get("AllowOrigins", ())),
                tuple(given.get("AllowMethods", ())),
                tuple(given.get("AllowHeaders", ())),
                tuple(given.get("ExposeHeaders", ())),
                int(given.get("MaxAge", 0)),
            )
    return Api(routes, frozenset(signed), cors)


@dataclass(frozen=True)
class Signature:
    """Who signed a request, and for what."""

    access_key: str
    region: str
    service: str


def read_signature(environ: Environ) -> Signature | None:
    """From the Authorization header or a presigned address; None when the request is unsigned."""
    match = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    if match is None and "X-Amz-Credential" in environ.get("QUERY_STRING", ""):
        credential = parse_qs(environ["QUERY_STRING"])["X-Amz-Credential"][0]
        match = _CREDENTIAL.search(f"Credential={credential}")
    return Signature(*match.groups()) if match else None


@dataclass(frozen=True)
class Front:
    """The WSGI application of the whole port."""

    api: Api
    call: Callable[[str, dict[str, Any]], dict[str, Any]]
    """Calls the function of an ARN with an event; raises when the function does."""
    region: str
    identity: Callable[[str], str]
    """ARN of the caller who owns an access key."""
    other: Application
    """moto."""

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        signature = read_signature(environ)
        if not self._is_for_api(environ, signature):
            return self.other(environ, start_response)
        status, headers, body = self._answer(environ, signature)
        start_response(f"{status} {_REASONS.get(status, 'Unknown')}", [*headers, ("content-length", str(len(body)))])
        return [body]

    def _is_for_api(self, environ: Environ, signature: Signature | None) -> bool:
        if environ.get("HTTP_X_AMZ_TARGET", "").startswith(TARGETS):
            return True
        if signature is not None:
            return signature.service in OUR_SERVICES
        path = environ.get("PATH_INFO", "")
        if environ["REQUEST_METHOD"] == "OPTIONS":
            return path in self.api.paths and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ
        return path != "/" and f"{environ['REQUEST_METHOD']} {path}" in self.api.routes

    def _answer(self, environ: Environ, signature: Signature | None) -> tuple[int, list[tuple[str, str]], bytes]:
        origin = environ.get("HTTP_ORIGIN")
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO") or "/"
        if method == "OPTIONS" and self.api.cors:
            return 204, self.api.cors.preflight(origin), b""
        allowed = self.api.cors.headers_for(origin) if self.api.cors else []
        if signature is not None and signature.region != self.region:
            return _other_region(self.region, signature.region, allowed)
        key = self.api.route(method, path)
        if key is None:
            return _message(404, "Not Found", allowed)
        if key in self.api.signed and signature is None:
            return _message(403, "Forbidden", allowed)
        if int(environ.get("CONTENT_LENGTH") or 0) > LARGEST_REQUEST:
            return _message(413, "Request Entity Too Large", allowed)
        body = environ["wsgi.input"].read(LARGEST_REQUEST + 1)
        if len(body) > LARGEST_EVENT:
            return _message(413, "Request Entity Too Large", allowed)
        began = time.monotonic()
        try:
            answer = self.call(self.api.routes[key], self._event(environ, key, body, signature))
        except Exception:
            # The function has reported its own traceback; the gateway says no more than this.
            return _message(500, "Internal Server Error", allowed)
        if time.monotonic() - began > LONGEST_S:
            return _message(503, "Service Unavailable", allowed)
        return _from_answer(answer, allowed)

    def _event(self, environ: Environ, key: str, body: bytes, signature: Signature | None) -> dict[str, Any]:
        return gateway_event(
            environ["REQUEST_METHOD"],
            environ.get("PATH_INFO") or "/",
            environ.get("QUERY_STRING", ""),
            dict(_headers(environ)),
            body,
            ACCOUNT,
            self.region,
            self.identity(signature.access_key) if signature else None,
            str(uuid.uuid4()),
            time.time(),
            route_key=key,
        )


def _headers(environ: Environ) -> Iterator[tuple[str, str]]:
    """Request headers by name in lower case."""
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            yield name[5:].replace("_", "-").lower(), value
        elif name in ("CONTENT_TYPE", "CONTENT_LENGTH") and value:
            yield name.replace("_", "-").lower(), value


def _message(status: int, text: str, headers: list[tuple[str, str]]) -> tuple[int, list[tuple[str, str]], bytes]:
    """An answer of the gateway's own."""
    return status, [("content-type", "application/json"), *headers], json.dumps({"message": text}).encode()


def _other_region(ours: str, theirs: str, headers: list[tuple[str, str]]) -> tuple[int, list[tuple[str, str]], bytes]:
    """The gateway's answer to a signature for another region, which says here how to mend it."""
    text = (
        f"Credential should be scoped to a valid region: this stack is in {ours}, the request was signed for {theirs}. "
        "Set AWS_DEFAULT_REGION or region_name."
    )
    named = [("content-type", "application/json"), ("x-amzn-errortype", "InvalidSignatureException"), *headers]
    return 403, named, json.dumps({"__type": "InvalidSignatureException", "message": text}).encode()


def _from_answer(answer: Any, allowed: list[tuple[str, str]]) -> tuple[int, list[tuple[str, str]], bytes]:
    """The function's answer as HTTP; one without statusCode is a body, as payload 2.0 says."""
    if not isinstance(answer, dict) or "statusCode" not in answer:
        answer = {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(answer)}
    text = answer.get("body") or ""
    body = base64.b64decode(text) if answer.get("isBase64Encoded") else text.encode()
    headers = [(name, str(value)) for name, value in (answer.get("headers") or {}).items()]
    cookies = [("set-cookie", cookie) for cookie in answer.get("cookies", ())]
    kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
    return int(answer["statusCode"]), kept + cookies + allowed, body


_REASONS = {
    200: "OK",
    204: "No Content",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    413: "Request Entity Too Large",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
