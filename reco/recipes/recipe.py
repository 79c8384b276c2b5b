"""What a recipe declares, and how a caller's settings become typed values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from reco.arns import service_arn
from reco.domains import Domain
from reco.errors import InvalidInput
from reco.recipes.hyperparameters import Hyperparameter, HyperparameterValue
from reco.recipes.metrics import RANKING

Family = Literal[
    "als",
    "blend",
    "item_similarity",
    "popularity",
    "trending",
    "semantic_similarity",
    "next_best_action",
    "item_affinity",
    "item_attribute_affinity",
]
"""A model of reco.models.families."""

Asked = Literal["user", "item", "items"]

ItemField = Literal["itemName", "textual", "attribute"]
"""A kind of field in the schema of the Items: one with a flag, or a categorical or numeric one that is not reserved."""


@dataclass(frozen=True)
class Recipe:
    """One recipe: everything that validation, DescribeRecipe, training and the runtime must know of it."""

    name: str
    type: str
    """Personalize's recipeType, such as USER_PERSONALIZATION."""
    algorithm: str
    """Name in the algorithm's ARN."""
    feature_transformation: str
    """Name in the feature transformation's ARN."""
    family: Family
    """Which model of reco.models is trained."""
    description: str
    query: tuple[Asked, ...]
    """What a request must name: a user, an item, a list of items to order."""
    fixed: Mapping[str, HyperparameterValue] = field(default_factory=dict)
    """Values that the family is fitted with and no caller can change; never named as a hyperparameter is."""
    domain: Domain | None = None
    """The domain whose use case it is; None is a custom recipe, which solutions take."""
    event_type: str | None = None
    """Only events of this type, whatever their case, are learned from; None learns from all."""
    leaves_out: str | None = None
    """Items with which the user has such an event (whatever its case) are not to be recommended to them; answers do not
    do so yet."""
    required_datasets: tuple[str, ...] = ("INTERACTIONS",)
    optional_datasets: tuple[str, ...] = ()
    """Datasets that training uses when they hold data."""
    item_fields: tuple[ItemField, ...] = ()
    """Kinds of field that the schema of the Items must have."""
    hyperparameters: tuple[Hyperparameter, ...] = ()
    ordered: tuple[tuple[str, str], ...] = ()
    """Pairs of hyperparameters of which the first must be smaller than the second."""
    metrics: tuple[str, ...] = RANKING
    """What GetSolutionMetrics reports."""
    scores: bool = False
    """Answers carry scores."""
    context: bool = False
    """Requests may carry context; other recipes ignore it."""
    exploration: Literal["no", "managed", "configurable"] = "no"
    """Whether unproven items are tried, and whether a campaign's itemExplorationConfig says how much."""
    automatic_update: bool = False
    """New items become eligible between trainings."""
    promotions: bool = True
    metadata: Literal["no", "on request", "always"] = "on request"
    """Whether answers may carry item metadata."""
    objective: bool = False
    """solutionConfig.optimizationObjective is taken."""
    events_config: bool = False
    """solutionConfig.eventsConfig is taken."""
    update_mode: bool = False
    """trainingMode UPDATE is taken."""
    hpo: bool = False
    """performHPO is taken."""
    batch: tuple[Literal["inference", "themes", "segment"], ...] = ("inference",)
    """Batch jobs that take its versions."""

    @property
    def arn(self) -> str:
        return service_arn("recipe", self.name)

    @property
    def algorithm_arn(self) -> str:
        return service_arn("algorithm", self.algorithm)

    @property
    def feature_transformation_arn(self) -> str:
        return service_arn("feature-transformation", self.feature_transformation)

    @property
    def datasets(self) -> tuple[str, ...]:
        """Types of all datasets that training reads."""
        return (*self.required_datasets, *self.optional_datasets)

    @property
    def deployable(self) -> bool:
        """Whether a campaign can serve it; segments of users come from batch jobs alone."""
        return self.type != "USER_SEGMENTATION"

    def hyperparameter(self, name: str) -> Hyperparameter | None:
        return next((each for each in self.hyperparameters if each.name == name), None)

    def resolve(
        self,
        hyperparameters: Mapping[str, str],
        feature_parameters: Mapping[str, str],
        searched: Collection[str] = (),
    ) -> dict[str, HyperparameterValue]:
        """What the family is fitted with: every hyperparameter by the family's name, typed, and the fixed values.

        What the caller left out has its default.

        Args:
            searched: names whose values a search has chosen, among them what a caller may not set.

        Raises:
            InvalidInput: an unknown name, a wrong type, a value out of range, or two values in the wrong order.
        """
        given = {"algorithm": hyperparameters, "feature": feature_parameters}
        for place, texts in given.items():
            known = {each.name for each in self.hyperparameters if each.place == place}
            for name in texts:
                if name not in known:
                    raise InvalidInput(self._unknown(name, place, known))
        values = {each.name: each.default for each in self.hyperparameters}
        for each in self.hyperparameters:
            text = given[each.place].get(each.name)
            if text is not None:
                values[each.name] = each.read(text) if each.name in searched else each.parse(text)
        for smaller, larger in self.ordered:
            if not values[smaller] < values[larger]:  # type: ignore[operator]
                member = next(each.member for each in self.hyperparameters if each.name == smaller)
                raise InvalidInput(
                    f"{member}: {smaller} must be smaller than {larger}; they are {values[smaller]} and "
                    f"{values[larger]}."
                )
        return {**self.fixed, **{each.known_as or each.name: values[each.name] for each in self.hyperparameters}}

    def _unknown(self, name: str, place: str, known: set[str]) -> str:
        member = "algorithmHyperParameters" if place == "algorithm" else "featureTransformationParameters"
        choice = f"it has {', '.join(sorted(known))}" if known else "it has none"
        return f"{member}: {name[:60]} is not a parameter of {self.name}; {choice}."
