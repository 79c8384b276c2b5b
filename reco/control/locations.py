"""Addresses in a caller's S3 that jobs read and write, checked when a job is asked for.

Whether the address exists and may be used only the job finds out. Source: control-plane reference, B.4 and I.1.
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


def check_destination(path: str, member: str) -> None:
    """The folder that a job writes to; the root of a bucket is one.

    Raises:
        InvalidInput: it is no address in S3.
    """
    if not _DESTINATION.fullmatch(path):
        raise InvalidInput(f"{BAD_OUTPUT}. {member} must be s3://BUCKET/FOLDER/; it is {path}.")


def check_input_and_output(asked: Mapping[str, Any]) -> None:
    """What a batch job reads, and where it writes: never over what it reads.

    Raises:
        InvalidInput: either is no address in S3, or both are the same.
    """
    source = asked["job_input"]["s3_data_source"]["path"]
    destination = asked["job_output"]["s3_data_destination"]["path"]
    if not _SOURCE.fullmatch(source):
        raise InvalidInput(
            f"{BAD_INPUT}. jobInput.s3DataSource.path must be s3://BUCKET/FILE.json, or s3://BUCKET/FOLDER/ for every "
            f"file in it; it is {source}."
        )
    check_destination(destination, "jobOutput.s3DataDestination.path")
    if source.rstrip("/") == destination.rstrip("/"):
        raise InvalidInput(
            f"{BAD_OUTPUT}. jobOutput.s3DataDestination.path must differ from jobInput.s3DataSource.path; both are "
            f"{source}."
        )
