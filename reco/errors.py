"""Every failure this project raises on purpose, by who must act.

RecoError
├── ClientFault              the caller of an API operation
│   ├── MalformedRequest     not even a request: bytes, JSON, types
│   ├── UnknownOperation
│   ├── AccessDenied
│   ├── Throttled
│   ├── InvalidInput
│   ├── InvalidNextToken
│   ├── ResourceNotFound
│   ├── ResourceAlreadyExists
│   │   └── MetricAlreadyExists
│   ├── ResourceInUse
│   ├── LimitExceeded
│   ├── TooManyTags
│   └── TooManyTagKeys
├── JobFault                 a long job: becomes the resource's failureReason
│   ├── UserFault            the data or the set-up: the message says what to change
│   ├── AlgorithmFault       a bug of ours
│   └── PlatformFault        AWS: quota, capacity, network; worth another try
├── StaleAttempt             a job's attempt that has been replaced or stopped: it may write nothing more
└── CorruptArtefact          a file that is not what its manifest says

`reco.wire.faults` is the only map from these to codes and statuses of the protocol.
"""

from __future__ import annotations


class RecoError(Exception):
    """Base of all; `message` is what a person reads."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ClientFault(RecoError):
    """The request cannot be served as it is; nothing was changed."""


class MalformedRequest(ClientFault):
    """The bytes are no request of this protocol: not UTF-8, not JSON, or a JSON type the operation does not take."""


class UnknownOperation(ClientFault):
    """No operation has this target, or this method and path."""


class AccessDenied(ClientFault):
    """The deployment's table of permissions does not allow the caller this operation."""


class Throttled(ClientFault):
    """Too many requests just now; the same request may succeed in a moment."""


class InvalidInput(ClientFault):
    """A member is missing, malformed, out of range, or does not fit the resources it names."""


class InvalidNextToken(ClientFault):
    """The token was not made by this operation with these parameters."""


class ResourceNotFound(ClientFault):
    """No such resource in this account and region."""

    def __init__(self, arn: str) -> None:
        super().__init__(f"Resource not found: {arn}")
        self.arn = arn


class ResourceAlreadyExists(ClientFault):
    """The name is taken. Text as Amazon Personalize gives it (control-plane reference, section A)."""

    def __init__(self, arn: str) -> None:
        super().__init__(f"Another resource with Arn {arn} already exists.")
        self.arn = arn


class MetricAlreadyExists(ResourceAlreadyExists):
    """A metric attribution has a metric of this name."""

    def __init__(self, name: str) -> None:
        ClientFault.__init__(self, f"A metric of the name {name} already exists; remove it, or choose another name.")


class ResourceInUse(ClientFault):
    """The resource's state, or another that depends on it, forbids this now."""


class LimitExceeded(ClientFault):
    """A quota is reached; the message names it."""


class TooManyTags(ClientFault):
    """More tags than a resource may carry."""


class TooManyTagKeys(ClientFault):
    """More tag keys in one request than allowed."""


class JobFault(RecoError):
    """A long job cannot go on."""

    blame = "platform"


class UserFault(JobFault):
    """The caller's data or permissions: the message says what to change."""

    blame = "user"


class AlgorithmFault(JobFault):
    """The job's own code broke its promise."""

    blame = "algorithm"


class PlatformFault(JobFault):
    """AWS refused or broke; the message names the quota or service."""

    blame = "platform"


class StaleAttempt(RecoError):
    """Another attempt owns the resource, or the resource is gone."""


class CorruptArtefact(RecoError):
    """A file is missing, truncated or has another digest than its manifest says."""
