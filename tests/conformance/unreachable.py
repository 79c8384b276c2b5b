"""Errors of the service model that an operation never answers here, and answers that its model lacks: why, in words.

test_errors.py holds both tables against what really happens, in both directions.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.wire.samples import OPERATIONS

IN_USE = "ResourceInUseException"
TAKEN = "ResourceAlreadyExistsException"
LIMIT = "LimitExceededException"
INVALID = "InvalidInputException"
THROTTLED = "ThrottlingException"

NOT_YET = ("PutActionInteractions", "PutActions", "PutItems", "PutUsers")
"""Operations that this version refuses."""

UNREACHABLE: Mapping[tuple[str, str], str] = {
    ("CreateDataset", LIMIT): (
        "Nothing counts datasets: a group has one of each type, and a second one of a type is "
        "ResourceAlreadyExistsException, since its ARN would be the same."
    ),
    ("CreateDatasetExportJob", LIMIT): "Amazon has no quota of export jobs, so there is none here.",
    ("CreateEventTracker", TAKEN): (
        "The end of a tracker's ARN is drawn, and its name may be used again; a second tracker of a group is "
        "LimitExceededException."
    ),
    ("ListTagsForResource", IN_USE): "Reading tags waits for nothing, also while the resource is being deleted.",
    ("TagResource", LIMIT): "Nothing but the number of tags is limited, and that is TooManyTagsException.",
    **{
        (operation, code): "The whole operation is refused as not available, with InvalidInputException."
        for operation in NOT_YET
        for code in ("ResourceNotFoundException", IN_USE)
    },
    ("UpdateSolution", LIMIT): "An update makes nothing that is counted; one at a time is ResourceInUseException.",
}
"""By operation and code."""

BESIDE_MODEL: Mapping[tuple[str, str], str] = {
    **{
        (operation, THROTTLED): (
            "The parent has one place for such a resource, and others keep writing to it: an error of all services, "
            "after which every SDK sends the request again."
        )
        for operation in ("CreateDatasetImportJob", "CreateEventTracker", "CreateMetricAttribution")
    },
    ("ListDatasetGroups", INVALID): "A maxResults out of range: the model has no error for it but a bad token's.",
    ("ListSchemas", INVALID): "A maxResults out of range: the model has no error for it but a bad token's.",
}
"""Answers that an operation gives though its model lacks them."""


def modelled(operation: str) -> list[str]:
    """The codes that the service model gives an operation, each once, in its order."""
    return list(dict.fromkeys(shape.error_code for shape in OPERATIONS[operation].error_shapes))


def reached(operation: str) -> list[str]:
    """Those of them that the operation answers."""
    return [code for code in modelled(operation) if (operation, code) not in UNREACHABLE]


def unreached() -> Mapping[tuple[str, str], str]:
    """The whole table, in the order of operations."""
    return {
        (operation, code): UNREACHABLE[operation, code]
        for operation in OPERATIONS
        for code in modelled(operation)
        if (operation, code) in UNREACHABLE
    }
