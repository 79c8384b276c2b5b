"""What a job leaves in a bench's table and bucket, for comparing runs that came to the same end by other ways."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from tests.jobs.bench import Bench

_TOKEN = re.compile(r"(?<![0-9a-f])0000[0-9a-f]{12}(?![0-9a-f])")
"""As the bench draws those of attempts."""
ATTEMPT = "ATTEMPT"
"""Stands for every token that is not known."""


@dataclass(frozen=True)
class World:
    """A bench's table and bucket, without what may differ between two runs with the same end.

    Left out: the tokens of attempts, which are random, but those known from before; the record of the attempt but its
    outcome (which execution had it, when, what it planned); the revision, which counts writes; and the folders of
    attempts that were cut off and that nothing points to, which a rule of the bucket removes.
    """

    items: dict[tuple[str, str], Any]
    objects: dict[str, str]
    """By key, of attempts' folders and of all else; of what is no text, its digest."""

    def difference(self, other: World) -> str:
        """What is not the same in the other, in few words."""
        lines = []
        for mine, others in ((self.items, other.items), (self.objects, other.objects)):
            for key in sorted({*mine, *others}, key=str):
                if mine.get(key) != others.get(key):
                    lines.append(f"{key}: {mine.get(key)} != {others.get(key)}")
        return "\n".join(lines)


@dataclass(frozen=True)
class Kept:
    """All that a bench has, to be put back."""

    items: list[dict[str, Any]]
    objects: dict[str, bytes]
    failing: frozenset[int]
    """Numbers of the trials that fail."""

    @classmethod
    def of(cls, bench: Bench) -> Kept:
        objects = {key: _content(bench, key) for key in keys_of(bench)}
        return cls(bench.stored(), objects, frozenset(bench.failing))

    @property
    def tokens(self) -> frozenset[str]:
        return frozenset(_TOKEN.findall(json.dumps(self.items)))

    def put_back(self, bench: Bench) -> None:
        client = bench.context.home.client
        bench.reset(self.items).failing.update(self.failing)
        for key in keys_of(bench):
            if key not in self.objects:
                client.delete_object(Bucket="home", Key=key)
        for key, content in self.objects.items():
            client.put_object(Bucket="home", Key=key, Body=content)


def keys_of(bench: Bench) -> list[str]:
    pages = bench.context.home.client.get_paginator("list_objects_v2").paginate(Bucket="home")
    return [each["Key"] for page in pages for each in page.get("Contents", [])]


def world_of(bench: Bench, known: Collection[str]) -> World:
    """The bench as it is now.

    Raises:
        AssertionError: folders of two attempts that are both pointed to differ.
    """
    items = bench.stored()
    pointed = {*_TOKEN.findall(json.dumps(items)), *known}

    def masked(text: str) -> str:
        return _TOKEN.sub(lambda found: found[0] if found[0] in known else ATTEMPT, text)

    objects: dict[str, str] = {}
    for key in keys_of(bench):
        if set(_TOKEN.findall(key)) <= pointed:
            content = _content(bench, key)
            try:
                text = masked(content.decode())
            except UnicodeDecodeError:
                text = sha256(content).hexdigest()
            assert objects.setdefault(masked(key), text) == text, f"two attempts that are pointed to differ in {key}"
    return World({(item["pk"]["S"], item["sk"]["S"]): _comparable(item, masked) for item in items}, objects)


def _content(bench: Bench, key: str) -> bytes:
    return bytes(bench.context.home.client.get_object(Bucket="home", Key=key)["Body"].read())


def _comparable(item: dict[str, Any], masked: Any) -> Any:
    if "document" not in item:
        return {name: value for name, value in item.items() if name not in ("pk", "sk")}
    document = json.loads(masked(item["document"]["S"]))
    job = document["inner"].pop("job", None)
    return {**document, "outcome": job and job["outcome"], "incarnation": item["incarnation"]["S"]}
