"""Which model a campaign serves: a pointer in the resources table, believed for some seconds (docs/adr/0008)."""

from __future__ import annotations

from dataclasses import dataclass

from reco.arns import Kind, Owner, parse_arn
from reco.clock import Clock
from reco.errors import InvalidInput, ResourceNotFound
from reco.recipes.catalogue import recipe_by_arn
from reco.recipes.recipe import Recipe
from reco.storage.resources import Resource, ResourceTable

_REMEMBERED = 1_000


@dataclass(frozen=True)
class _Solution:
    """What never changes of a solution version."""

    recipe: Recipe
    group: str
    """Incarnation of its dataset group."""


@dataclass(frozen=True)
class ServedCampaign:
    """A campaign as the runtime needs it."""

    arn: str
    uri: str
    """s3:// folder of the artefact it serves."""
    digest: str
    recipe: Recipe
    group: str
    """Incarnation of the dataset group whose streamed events count."""


class Campaigns:
    """Looks campaigns up. A pointer is believed for `cache_s` after it was read, and read consistently when it is not.

    That there is no pointer is never remembered: a campaign serves as soon as it has one. Jobs and lifecycles rely on
    both: an update turns ACTIVE, and a delete ends, only when the pointer before can be in no sandbox's memory.
    """

    def __init__(self, resources: ResourceTable, *, cache_s: float, clock: Clock) -> None:
        self._resources = resources
        self._cache_s = cache_s
        self._clock = clock
        self._found: dict[str, tuple[float, ServedCampaign]] = {}
        self._solutions: dict[str, _Solution] = {}

    def find(self, arn: str, owner: Owner) -> ServedCampaign:
        """The campaign of this ARN.

        Raises:
            ResourceNotFound: there is none in this account and region, or it is being deleted.
            InvalidInput: it has never served.
        """
        # Before the reading, not after: the answer may be as old as the question.
        now = self._clock()
        known = self._found.get(arn)
        if known and now - known[0] < self._cache_s:
            return known[1]
        self._found.pop(arn, None)
        campaign = self._read(arn, owner)
        if len(self._found) >= _REMEMBERED:
            self._found.clear()
        self._found[arn] = (now, campaign)
        return campaign

    def _read(self, arn: str, owner: Owner) -> ServedCampaign:
        name = parse_arn(arn)
        if name is None or name.kind is not Kind.CAMPAIGN or name.owner != owner:
            raise ResourceNotFound(arn)
        campaign = self._resources.get(Kind.CAMPAIGN, name.resource_id)
        if campaign is None or campaign.deleting_since is not None:
            raise ResourceNotFound(arn)
        serving = campaign.inner.get("serving")
        if serving is None:
            raise InvalidInput(f"campaignArn: {arn} is {campaign.status}; it serves once it has been ACTIVE")
        solution = self._solutions.get(serving["uri"])
        if solution is None:
            solution = self._solutions[serving["uri"]] = self._solution_of(serving["version_arn"])
        return ServedCampaign(arn, serving["uri"], serving["digest"], solution.recipe, solution.group)

    def _solution_of(self, version_arn: str) -> _Solution:
        name = parse_arn(version_arn)
        version_id = name.resource_id if name else None
        solution = self._get(Kind.SOLUTION, version_id.partition("/")[0] if version_id else None, version_arn)
        group_arn = solution.body["dataset_group_arn"]
        group_name = parse_arn(group_arn)
        group = self._get(Kind.DATASET_GROUP, group_name.resource_id if group_name else None, group_arn)
        recipe_arn = solution.body.get("recipe_arn")
        if recipe_arn is None:
            # AutoML: each version has the recipe that won.
            recipe_arn = self._get(Kind.SOLUTION_VERSION, version_id, version_arn).body["recipe_arn"]
        return _Solution(recipe_by_arn(recipe_arn), group.incarnation)

    def _get(self, kind: Kind, resource_id: str | None, arn: str) -> Resource:
        resource = self._resources.get(kind, resource_id) if resource_id else None
        if resource is None:
            raise ResourceNotFound(arn)
        return resource
