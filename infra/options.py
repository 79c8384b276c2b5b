"""What a deployer may choose: CDK context keys, checked all at once before a stack is made."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from reco.control.permissions import read_permissions
from reco.control.quotas import quotas_with
from reco.settings import parse_pairs, parse_share

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]|\*")
_KEY = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+")
LOG_RETENTIONS_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 180, 365, 731, 1827, 3653)


PLACEHOLDERS = "placeholders"
"""The one key that is about this synthesis and not about the deployment: stand-ins for the code (infra.code)."""


@dataclass(frozen=True)
class Options:
    """One deployment's choices. The defaults deploy in a new account and cost nothing by the hour."""

    data_buckets: tuple[str, ...] = ()
    """Buckets that jobs may read without a caller's role; ("*",) is every bucket of the account's reach."""
    instance_type: str = "ml.m5.xlarge"
    """SageMaker instance type of jobs too large for a function."""
    function_memory_mb: int = 3008
    """Memory of the job function; a new account allows at most 3,008."""
    bad_row_share: float = 0.05
    """Largest share of rejected rows with which an import still succeeds, 0 to 1."""
    quotas: str = ""
    """Quotas of resources other than Personalize's defaults, such as dataset_groups:50,campaigns:none; an object in
    cdk.json does as well. docs/reference/quotas.md names them."""
    permissions: str = ""
    """Who may call which operation of the personalize client, as an object in cdk.json: patterns of callers' ARNs to
    lists of operations. Empty leaves it to IAM."""
    customer_key: bool | str = False
    """Encrypt with a KMS key made for this deployment (1 USD a month), or with the key of this ARN, instead of keys
    that AWS owns. Dataset groups may have that key too."""
    data_keys: tuple[str, ...] = ()
    """ARNs of further KMS keys that dataset groups may have, each one that this account and region has."""
    guest: bool = False
    """Make a Cognito identity pool whose guests may call POST /events, and nothing else."""
    alarm_email: str | None = None
    """Address that is told of alarms, once its owner has confirmed."""
    retain_data: bool = True
    """Keep the bucket and the tables when the stacks are destroyed."""
    log_retention_days: int = 30
    """How long logs are kept."""
    cors_origins: tuple[str, ...] = ("*",)
    """Origins whose pages may call the API; requests are signed all the same."""
    requests_per_second: int = 1000
    """Steady rate, and half of it the burst, that the API lets through."""
    guest_requests_per_second: int = 50
    """The same for POST /events while guests may call it."""


class OptionError(ValueError):
    """A context key has a value that means nothing, or a name that nobody reads; all problems in one message."""


def read_options(context: Mapping[str, Any]) -> Options:
    """Reads the context keys of this project: an option's name in camel case, as CDK's custom is.

    Keys of others are passed over: CDK's have a ':', '/' or '-' in their names.

    Raises:
        OptionError: names every bad key, its value and what is allowed.
    """
    problems: list[str] = []
    chosen: dict[str, Any] = {}
    names = {_camel(field.name): field.name for field in fields(Options)}
    for key, value in context.items():
        if key == PLACEHOLDERS or set(key) & set(":/-"):
            continue
        if key not in names:
            problems.append(f"{key} is no context key; known are {', '.join(sorted(names))}")
            continue
        try:
            chosen[names[key]] = READERS[names[key]](value)
        except ValueError as error:
            problems.append(f"{key}={value}: {error}")
    if problems:
        raise OptionError("; ".join(problems))
    return Options(**chosen)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _flag(value: Any) -> bool:
    if value in (True, "true"):
        return True
    if value in (False, "false"):
        return False
    raise ValueError("must be true or false")


def _key(value: Any) -> bool | str:
    if str(value).startswith("arn:"):
        if not _KEY.fullmatch(str(value)):
            raise ValueError("must be the ARN of a key, such as arn:aws:kms:eu-west-1:123456789012:key/ID")
        return str(value)
    try:
        return _flag(value)
    except ValueError as error:
        raise ValueError("must be true, false or the ARN of a KMS key") from error


def _keys(value: Any) -> tuple[str, ...]:
    """No `*`: a role that may use every key of an account reads whatever any of them protects."""
    keys = _names(value)
    if bad := [key for key in keys if not _KEY.fullmatch(key)]:
        raise ValueError(
            "must be ARNs of keys, comma separated, such as arn:aws:kms:eu-west-1:123456789012:key/ID; "
            f"{bad[0]} is none"
        )
    return keys


def _buckets(value: Any) -> tuple[str, ...]:
    """Names, or * for all: the rights that a URL or a folder would give reach nothing."""
    buckets = _names(value)
    if bad := [bucket for bucket in buckets if not _BUCKET.fullmatch(bucket)]:
        raise ValueError(f"must be names of buckets, comma separated, such as my-data; {bad[0]} is none")
    return buckets


def _names(value: Any) -> tuple[str, ...]:
    parts = value if isinstance(value, list) else str(value).split(",")
    return tuple(part.strip() for part in parts if part.strip())


def _whole(least: int, most: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if not str(value).isdigit() or not least <= int(value) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(value)

    return read


def _share(value: Any) -> float:
    return parse_share(str(value))


def _quotas(value: Any) -> str:
    """The text that the control function reads, once it has proved readable."""
    text = ",".join(f"{name}:{limit}" for name, limit in value.items()) if isinstance(value, dict) else str(value)
    quotas_with(parse_pairs(text))
    return text


def _permissions(value: Any) -> str:
    """The JSON text that the control function reads, once it has proved readable."""
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    read_permissions(text)
    return text


def _instance_type(value: Any) -> str:
    if not str(value).startswith("ml."):
        raise ValueError("must be a SageMaker training instance type, such as ml.m5.xlarge")
    return str(value)


def _email(value: Any) -> str | None:
    if not value:
        return None
    if "@" not in str(value):
        raise ValueError("must be an e-mail address")
    return str(value)


def _retention(value: Any) -> int:
    if not str(value).isdigit() or int(value) not in LOG_RETENTIONS_DAYS:
        raise ValueError(f"must be one of {', '.join(map(str, LOG_RETENTIONS_DAYS))}")
    return int(value)


READERS: Mapping[str, Callable[[Any], Any]] = {
    "data_buckets": _buckets,
    "instance_type": _instance_type,
    "function_memory_mb": _whole(512, 10_240),
    "bad_row_share": _share,
    "quotas": _quotas,
    "permissions": _permissions,
    "customer_key": _key,
    "data_keys": _keys,
    "guest": _flag,
    "alarm_email": _email,
    "retain_data": _flag,
    "log_retention_days": _retention,
    "cors_origins": _names,
    "requests_per_second": _whole(1, 10_000),
    "guest_requests_per_second": _whole(1, 10_000),
}
