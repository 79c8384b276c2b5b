"""One page of a list, whatever it lists: sizes, tokens and the parent it is filtered by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from reco.arns import Kind
from reco.control.registry import Registry
from reco.errors import InvalidNextToken
from reco.storage.resource_lists import can_be_position
from reco.wire.call import Call
from reco.wire.pagination import decode, encode

DEFAULT_PAGE = 100

Filter = tuple[Kind, str, str]
"""What a list may be held to: the kind of parent, its request member, and the member as the caller writes it."""

Position = TypeVar("Position", str, int)

_ELSEWHERE = "nextToken: holds no position of this list; begin without a token."


def read_position(call: Call, kind: type[Position]) -> Position | None:
    """Where a page begins, from the request's token; None without one.

    Raises:
        InvalidNextToken: the token is not of this list.
    """
    token = call.parameters.get("next_token")
    position = decode(call.operation, call.parameters, token) if token else None
    if position is not None and type(position) is not kind:
        raise InvalidNextToken(_ELSEWHERE)
    return position


def token_for(call: Call, position: str | int) -> str:
    """The token of the page that begins behind a position."""
    return encode(call.operation, call.parameters, position)


def list_resources(
    registry: Registry,
    call: Call,
    kind: Kind,
    key: str,
    parent: Filter | None = None,
    *,
    newest_first: bool = False,
) -> dict[str, Any]:
    """A page of the resources of one kind, oldest first unless told otherwise, under `key`.

    An unknown parent has an empty list.

    Raises:
        InvalidInput: the filter is the ARN of another kind.
        InvalidNextToken: the token is not of this list.
    """
    arn = call.parameters.get(parent[1]) if parent else None
    elsewhere = arn is not None and parent is not None and registry.id_in(parent[0], arn, parent[2]) is None
    after = read_position(call, str)
    if after is not None and not can_be_position(after):
        raise InvalidNextToken(_ELSEWHERE)
    if elsewhere:
        return {key: []}
    size = call.parameters.get("max_results", DEFAULT_PAGE)
    page = registry.page(kind, arn, after, size, newest_first=newest_first)
    return {
        key: [registry.view(resource) for resource in page.resources],
        "next_token": token_for(call, page.next_position) if page.next_position else None,
    }


def list_fixed(call: Call, key: str, entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A page of a list that no one can change, such as the recipes.

    Raises:
        InvalidNextToken: the token is not of this list.
    """
    start = read_position(call, int) or 0
    if not 0 <= start <= len(entries):
        raise InvalidNextToken(_ELSEWHERE)
    stop = start + call.parameters.get("max_results", DEFAULT_PAGE)
    return {
        key: list(entries[start:stop]),
        "next_token": token_for(call, stop) if stop < len(entries) else None,
    }
