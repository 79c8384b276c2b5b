"""Addresses in a caller's S3 that jobs read and write, and the keys of what lies there: checked when a job is made.

Whether an address or a key exists and may be used only the job finds out. Source: control-plane reference, B.4 and I.1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from reco.errors import InvalidInput

BAD_DATA = "Invalid Data location."
BAD_INPUT = "Invalid S3 input path"
BAD_OUTPUT = "Invalid S3 output path"

_BUCKET = r"s3://[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]"
_SOURCE = re.compile(rf"{_BUCKET}/.*", re.DOTALL)
_DESTINATION = re.compile(rf"{_BUCKET}(/.*)?", re.DOTALL)


def check_data_location(data_source: Mapping[str, Any]) -> None:
    """The CSV that an import or a deletion reads.

    Raises:
        InvalidInput: it is no address of a file or folder in S3.
    """
    location = data_source.get("data_location")
    if location is None or not _SOURCE.fullmatch(location):
        raise InvalidInput(
            f"{BAD_DATA} dataSource.dataLocation must be s3://BUCKET/FILE.csv, or s3://BUCKET/FOLDER/ with "
            f"a slash at the end for every file in it; it is {location or 'absent'}."
        )


def check_destination(place: Mapping[str, Any], member: str, region: str) -> None:
    """The folder that a job writes to, which may be the root of a bucket, and the key of what it writes.

    Args:
        place: the value of `member`.

    Raises:
        InvalidInput: it is no address in S3, or the key is another region's.
    """
    if not _DESTINATION.fullmatch(place["path"]):
        raise InvalidInput(f"{BAD_OUTPUT}. {member}.path must be s3://BUCKET/FOLDER/; it is {place['path']}.")
    _check_key(place, member, region)


def check_input_and_output(asked: Mapping[str, Any], region: str) -> None:
    """What a batch job reads, and where it writes: never over what it reads.

    Raises:
        InvalidInput: either is no address in S3, both are the same, or a key is another region's.
    """
    source = asked["job_input"]["s3_data_source"]["path"]
    destination = asked["job_output"]["s3_data_destination"]["path"]
    if not _SOURCE.fullmatch(source):
        raise InvalidInput(
            f"{BAD_INPUT}. jobInput.s3DataSource.path must be s3://BUCKET/FILE.json, or s3://BUCKET/FOLDER/ for every "
            f"file in it; it is {source}."
        )
    _check_key(asked["job_input"]["s3_data_source"], "jobInput.s3DataSource", region)
    check_destination(asked["job_output"]["s3_data_destination"], "jobOutput.s3DataDestination", region)
    if source.rstrip("/") == destination.rstrip("/"):
        raise InvalidInput(
            f"{BAD_OUTPUT}. jobOutput.s3DataDestination.path must differ from jobInput.s3DataSource.path; both are "
            f"{source}."
        )


def _check_key(place: Mapping[str, Any], member: str, region: str) -> None:
    """S3 takes keys of a bucket's own region only, and buckets are in this one; another account's key may do."""
    key = place.get("kms_key_arn")
    if key is not None and key.split(":")[3] != region:
        raise InvalidInput(f"{member}.kmsKeyArn must be a key of this region, {region}, as its bucket is; it is {key}.")
