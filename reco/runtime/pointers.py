"""Which model a campaign or a recommender serves: a pointer in the resources table, believed for some seconds
(docs/adr/0008)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reco.arns import Kind, Owner, parse_arn
from reco.clock import Clock
from reco.errors import InvalidInput, ResourceNotFound
from reco.recipes.catalogue import recipe_by_arn
from reco.recipes.recipe import Recipe
from reco.storage.resources import Resource, ResourceTable

_REMEMBERED = 1_000


@dataclass(frozen=True)
class _Origin:
    """What never changes of a model."""

    recipe: Recipe
    group: str
    """Incarnation of its dataset group."""


@dataclass(frozen=True)
class Served:
    """A campaign or a recommender as the runtime needs it."""

    kind: Kind
    arn: str
    uri: str
    """s3:// folder of the artefact it serves."""
    digest: str
    recipe: Recipe
    group: str
    """Incarnation of the dataset group whose streamed events count."""

    @property
    def member(self) -> str:
        """The member of a request that names it, as the caller writes it."""
        return member_for(self.kind)


def member_for(kind: Kind) -> str:
    return f"{kind}Arn"


class Pointers:
    """Looks up what serves. A pointer is believed for `cache_s` after it was read, and read consistently when it is
    not.

    That there is no pointer is never remembered: a campaign serves as soon as it has one. Jobs and lifecycles rely on
    both: an update turns ACTIVE, a recommender INACTIVE, and a delete ends, only when the pointer before can be in no
    sandbox's memory.
    """

    def __init__(self, resources: ResourceTable, *, cache_s: float, clock: Clock) -> None:
        self._resources = resources
        self._cache_s = cache_s
        self._clock = clock
        self._found: dict[str, tuple[float, Served]] = {}
        self._origins: dict[str, _Origin] = {}

    def find(self, arn: str, owner: Owner, kind: Kind = Kind.CAMPAIGN) -> Served:
        """The campaign, or the resource of another kind that serves, of this ARN.

        Raises:
            ResourceNotFound: there is none of the kind in this account and region, or it is being deleted.
            InvalidInput: it has never served, or is stopped.
        """
        # Before the reading, not after: the answer may be as old as the question.
        now = self._clock()
        known = self._found.get(arn)
        if known and known[1].kind is kind and now - known[0] < self._cache_s:
            return known[1]
        self._found.pop(arn, None)
        served = self._read(arn, owner, kind)
        if len(self._found) >= _REMEMBERED:
            self._found.clear()
        self._found[arn] = (now, served)
        return served

    def _read(self, arn: str, owner: Owner, kind: Kind) -> Served:
        name = parse_arn(arn)
        if name is None or name.kind is not kind or name.owner != owner:
            raise ResourceNotFound(arn)
        resource = self._resources.get(kind, name.resource_id)
        if resource is None or resource.deleting_since is not None:
            raise ResourceNotFound(arn)
        serving = resource.inner.get("serving")
        if serving is None:
            raise InvalidInput(
                f"{member_for(kind)}: {arn} is {resource.status}; it serves "
                f"{'while it is' if kind is Kind.RECOMMENDER else 'once it has been'} ACTIVE"
            )
        origin = self._origins.get(serving["uri"])
        if origin is None:
            origin = self._origins[serving["uri"]] = self._origin_of(resource, serving)
        return Served(kind, arn, serving["uri"], serving["digest"], origin.recipe, origin.group)

    def _origin_of(self, resource: Resource, serving: dict[str, Any]) -> _Origin:
        if resource.kind is Kind.RECOMMENDER:
            recipe_arn, group_arn = resource.body["recipe_arn"], resource.body["dataset_group_arn"]
        else:
            recipe_arn, group_arn = self._of_version(serving["version_arn"])
        group_name = parse_arn(group_arn)
        group = self._get(Kind.DATASET_GROUP, group_name.resource_id if group_name else None, group_arn)
        return _Origin(recipe_by_arn(recipe_arn), group.incarnation)

    def _of_version(self, version_arn: str) -> tuple[str, str]:
        """The ARNs of a solution version's recipe and dataset group."""
        name = parse_arn(version_arn)
        version_id = name.resource_id if name else None
        solution = self._get(Kind.SOLUTION, version_id.partition("/")[0] if version_id else None, version_arn)
        recipe_arn = solution.body.get("recipe_arn")
        if recipe_arn is None:
            # AutoML: each version has the recipe that won.
            recipe_arn = self._get(Kind.SOLUTION_VERSION, version_id, version_arn).body["recipe_arn"]
        return recipe_arn, solution.body["dataset_group_arn"]

    def _get(self, kind: Kind, resource_id: str | None, arn: str) -> Resource:
        resource = self._resources.get(kind, resource_id) if resource_id else None
        if resource is None:
            raise ResourceNotFound(arn)
        return resource
