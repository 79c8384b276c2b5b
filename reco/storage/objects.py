"""S3 as this project uses it: small texts, whole files, folders written aside."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from reco.storage.layout import split_uri

_TRANSFERS = 8


@dataclass(frozen=True)
class ObjectSummary:
    """One object of a listing."""

    uri: str
    bytes: int


class Objects:
    """Objects by s3:// address, through one client: the client's credentials decide what may be read."""

    def __init__(self, client: Any, kms_key_arn: str | None = None) -> None:
        """`kms_key_arn` encrypts whatever is written; None leaves that to the bucket. Reading asks for no key."""
        self.client = client
        self._encryption: dict[str, Any] = {}
        if kms_key_arn is not None:
            self._encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key_arn}

    def under(self, kms_key_arn: str | None) -> Objects:
        """The same objects, written under this key from now on; None as the bucket encrypts."""
        return Objects(self.client, kms_key_arn)

    def write_text(self, address: str, text: str) -> None:
        bucket, key = split_uri(address)
        self.client.put_object(
            Bucket=bucket, Key=key, Body=text.encode(), ContentType="application/json", **self._encryption
        )

    def read_text(self, address: str) -> str | None:
        """The object's text; None when there is none."""
        bucket, key = split_uri(address)
        try:
            return str(self.client.get_object(Bucket=bucket, Key=key)["Body"].read().decode())
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                return None
            raise

    def read_range(self, address: str, start: int, stop: int) -> bytes:
        """Bytes start to stop, stop excluded; empty when they are equal."""
        if start == stop:
            return b""
        bucket, key = split_uri(address)
        answer = self.client.get_object(Bucket=bucket, Key=key, Range=f"bytes={start}-{stop - 1}")
        return bytes(answer["Body"].read())

    def list(self, prefix: str) -> Iterator[ObjectSummary]:
        """Every object whose address starts with `prefix`, in key order."""
        bucket, key = split_uri(prefix)
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key)
        for page in pages:
            for entry in page.get("Contents", []):
                yield ObjectSummary(f"s3://{bucket}/{entry['Key']}", entry["Size"])

    def download(self, address: str, path: Path) -> None:
        bucket, key = split_uri(address)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.client.download_file(bucket, key, str(path))

    def download_folder(self, address: str, folder: Path) -> int:
        """Downloads every object right under the address, which ends in a slash; returns how many there were."""
        addresses = [entry.uri for entry in self.list(address)]
        with ThreadPoolExecutor(_TRANSFERS) as pool:
            list(pool.map(lambda each: self.download(each, folder / each.rpartition("/")[2]), addresses))
        return len(addresses)

    def upload(self, path: Path, address: str) -> None:
        bucket, key = split_uri(address)
        self.client.upload_file(str(path), bucket, key, ExtraArgs=self._encryption)

    def upload_folder(self, folder: Path, address: str, last: str = "manifest.json") -> None:
        """Uploads every file of a flat folder; `last` goes last, so whoever finds it finds all."""
        names = sorted(path.name for path in folder.iterdir() if path.name != last)
        with ThreadPoolExecutor(_TRANSFERS) as pool:
            list(pool.map(lambda name: self.upload(folder / name, address + name), names))
        self.upload(folder / last, address + last)
