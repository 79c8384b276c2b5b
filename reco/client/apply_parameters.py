"""Checks of a `serviceConfig` against the service model, with messages that name the place in the file.

Types, limits, patterns and enums are checked by the same compiled readers that the service uses (reco.wire.parsing);
a member that the operation does not have is refused here, where the service would ignore it in silence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from reco.arns import Kind
from reco.client.apply_kinds import operations_on
from reco.errors import MalformedRequest
from reco.wire.parsing import Path, Problems, reader
from reco.wire.service_models import CONTROL, operation_model

PLACEHOLDER = "arn:aws:personalize:us-east-1:000000000000:placeholder/name"
"""Stands for an ARN that is filled in later."""


def check_parameters(
    kind: Kind,
    given: Mapping[str, Any],
    filled_in: Iterable[str],
    path: Path,
    problems: Problems,
    *,
    may_lack: Collection[str] = (),
) -> None:
    """Adds whatever Create of this kind would refuse by its shape.

    Args:
        filled_in: members whose value is an ARN that comes later.
        may_lack: required members that need not be there.
    """
    shape = operation_model(CONTROL, operations_on(kind).create).input_shape
    _refuse_unknown(shape, given, path, problems)
    found = _Forgiving(problems, frozenset((path, member) for member in may_lack))
    try:
        reader(CONTROL, shape.name)({**dict.fromkeys(filled_in, PLACEHOLDER), **given}, path, found)
    except MalformedRequest as error:
        problems.count += 1
        problems.sentences.append(error.message)


class _Forgiving(Problems):
    """Passes problems on, but for members that may lack."""

    def __init__(self, problems: Problems, may_lack: frozenset[Path]) -> None:
        super().__init__()
        self._problems = problems
        self._may_lack = may_lack

    def add(self, path: Path, sentence: str) -> None:
        if path not in self._may_lack or sentence != "is required":
            self._problems.add(path, sentence)


def refuse_unknown_keys(
    keys: Collection[str], known: Collection[str], path: Path, problems: Problems, *, where: str = "this place"
) -> None:
    for key in keys:
        if key not in known:
            near = get_close_matches(key, known, 1) or [each for each in known if each.lower() == key.lower()]
            hint = f"did you mean {near[0]}?" if near else f"it may have {', '.join(known) or 'nothing'}"
            problems.add((path, key), f"is not known at {where}; {hint}")


def _refuse_unknown(shape: Shape, value: object, path: Path, problems: Problems) -> None:
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        refuse_unknown_keys(list(value), list(shape.members), path, problems, where=shape.name)
        for name, member in shape.members.items():
            _refuse_unknown(member, value.get(name), (path, name), problems)
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for position, element in enumerate(value):
            _refuse_unknown(shape.member, element, (path, position), problems)
    elif isinstance(shape, MapShape) and isinstance(value, dict):
        for key, element in value.items():
            _refuse_unknown(shape.value, element, (path, f'["{key}"]'), problems)
