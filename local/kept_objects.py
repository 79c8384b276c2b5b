"""S3 objects on disk: bodies in files, everything else in the journal, both before the request is answered.

Not kept: parts of an upload that is not complete, and access control lists.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.deployer import ACCOUNT
from local.journal import Journal
from local.patching import patched

PLAIN_FIELDS = (
    *("_etag", "_version_id", "_is_versioned", "_storage_class", "contentsize", "encryption", "kms_key_id"),
    *("bucket_key_enabled", "lock_mode", "lock_legal_status", "lock_until", "checksum_algorithm", "checksum_value"),
    *("checksum_type", "checksum_parts", "website_redirect_location"),
)
"""Attributes of moto's FakeKey that are text, numbers, flags or None."""


class BodyFile:
    """Stands where moto keeps a body in memory, and reads the file instead."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._position = 0

    def seek(self, position: int) -> None:
        self._position = position

    def read(self, size: int = -1) -> bytes:
        try:
            with self.path.open("rb") as file:
                file.seek(self._position)
                found = file.read(size)
        except FileNotFoundError:
            # Replaced or deleted between looking the object up and reading it.
            return b""
        self._position += len(found)
        return found

    def close(self) -> None:
        """The journal removes the file when no version names it."""


def restore(journal: Journal, region: str) -> None:
    """Puts the kept objects back into the buckets that are there."""
    from moto.s3.models import FakeDeleteMarker, FakeKey, s3_backends

    backend = s3_backends[ACCOUNT]["aws"]
    journal.remove_orphans()
    for bucket_name, key_name, versions in journal.objects():
        bucket = backend.buckets.get(bucket_name)
        if bucket is None:
            continue
        restored: list[Any] = []
        for version in versions:
            if "body" not in version:
                marker = FakeDeleteMarker(restored[-1])
                marker._version_id, marker.last_modified = version["_version_id"], _moment(version["last_modified"])
                restored.append(marker)
                continue
            key = FakeKey(key_name, b"", ACCOUNT, region, bucket_name=bucket_name)
            for name in PLAIN_FIELDS:
                setattr(key, name, version[name])
            key.last_modified = _moment(version["last_modified"])
            key._metadata.clear()
            key._metadata.update(version["metadata"])
            key._value_buffer.close()
            key._value_buffer = BodyFile(journal.bodies / version["body"])  # type: ignore[assignment]
            backend.tagger.tag_resource(
                key.arn, [{"Key": name, "Value": value} for name, value in version["tags"].items()]
            )
            restored.append(key)
        bucket.keys.setlist(key_name, restored)


@contextmanager
def keeping(journal: Journal) -> Iterator[None]:
    """Keeps every object as each request leaves it, while the block runs."""
    from moto.s3.models import S3Backend, s3_backends
    from moto.s3.responses import S3Response

    backend = s3_backends[ACCOUNT]["aws"]
    lock = threading.Lock()
    local = threading.local()

    def keep(bucket_name: str, key_name: str) -> None:
        bucket = backend.buckets.get(bucket_name)
        # What is kept is what is there now, so the order of two writers does not matter.
        with lock:
            versions = list(bucket.keys.getlist(key_name, [])) if bucket else []
            journal.write_object(bucket_name, key_name, [_described(journal, backend, version) for version in versions])

    def touching(method: Any) -> Any:
        """Notes the object that a method of the backend changes; kept when the request ends, or now without one."""

        def touch(self: Any, bucket_name: str, key_name: str, *arguments: Any, **named: Any) -> Any:
            answer = method(self, bucket_name, key_name, *arguments, **named)
            touched = getattr(local, "touched", None)
            if touched is None:
                keep(bucket_name, key_name)
            else:
                touched.add((bucket_name, key_name))
            return answer

        return touch

    def after(method: Any, named_by: Any) -> Any:
        """Keeps what a request touched once it is done; `named_by` says which object its address names."""

        def respond(self: Any, request: Any, full_url: str) -> Any:
            outer = getattr(local, "touched", None)
            local.touched = set()
            try:
                answer = method(self, request, full_url)
                if request.method not in ("GET", "HEAD", "OPTIONS"):
                    local.touched |= named_by(self, request, full_url)
                for bucket_name, key_name in local.touched:
                    keep(bucket_name, key_name)
            finally:
                local.touched = outer
            return answer

        return respond

    def named_object(self: Any, request: Any, full_url: str) -> set[tuple[str, str]]:
        return {(self.parse_bucket_name_from_url(request, full_url), self.parse_key_name())}

    with (
        patched(
            S3Backend,
            put_object=touching(S3Backend.put_object),
            delete_object=touching(S3Backend.delete_object),
        ),
        patched(
            S3Response,
            _key_response=after(S3Response._key_response, named_object),
            _bucket_response=after(S3Response._bucket_response, lambda *_: set()),
        ),
    ):
        yield


def _described(journal: Journal, backend: Any, version: Any) -> dict[str, Any]:
    """One version as the journal has it; writes its body if that is still in memory."""
    from moto.s3.models import FakeDeleteMarker

    when = {"last_modified": version.last_modified.timestamp()}
    if isinstance(version, FakeDeleteMarker):
        return {**when, "_version_id": version._version_id}
    version.etag  # noqa: B018  moto computes it at the first look
    if not isinstance(version._value_buffer, BodyFile):
        path = journal.new_body()
        with version.lock:
            _write_body(version._value_buffer, path)
            version._value_buffer.close()
            version._value_buffer = BodyFile(path)
    return {
        **when,
        **{name: getattr(version, name) for name in PLAIN_FIELDS},
        "metadata": dict(version._metadata),
        "tags": backend.tagger.get_tag_dict_for_resource(version.arn),
        "body": version._value_buffer.path.name,
    }


def _write_body(buffer: Any, path: Path) -> None:
    buffer.seek(0)
    with path.open("wb") as file:
        while block := buffer.read(io.DEFAULT_BUFFER_SIZE * 128):
            file.write(block)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
