"""What a recipe declares, and how a caller's settings become typed values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from reco.arns import service_arn
from reco.errors import InvalidInput
from reco.recipes.hyperparameters import Hyperparameter, HyperparameterValue


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
    family: Literal["als", "item_similarity", "popularity"]
    """Which model of reco.models is trained."""
    description: str
    query: tuple[Literal["user", "item", "items"], ...]
    """What a request must name: a user, an item, a list of items to order."""
    required_datasets: tuple[str, ...] = ("INTERACTIONS",)
    optional_datasets: tuple[str, ...] = ()
    """Datasets that training uses when they hold data."""
    hyperparameters: tuple[Hyperparameter, ...] = ()
    ordered: tuple[tuple[str, str], ...] = ()
    """Pairs of hyperparameters of which the first must be smaller than the second."""
    scores: bool = False
    """Answers carry scores."""
    context: bool = False
    """Requests may carry context."""
    exploration: bool = False
    """A campaign's itemExplorationConfig has a meaning."""

    @property
    def arn(self) -> str:
        return service_arn("recipe", self.name)

    @property
    def algorithm_arn(self) -> str:
        return service_arn("algorithm", self.algorithm)

    @property
    def feature_transformation_arn(self) -> str:
        return service_arn("feature-transformation", self.feature_transformation)

    def resolve(
        self, hyperparameters: Mapping[str, str], feature_parameters: Mapping[str, str]
    ) -> dict[str, HyperparameterValue]:
        """Every hyperparameter of the recipe by name, typed; what the caller left out has its default.

        Raises:
            InvalidInput: an unknown name, a wrong type, a value out of range, or two values in the wrong order.
        """
        given = {"algorithm": hyperparameters, "feature": feature_parameters}
        for place, texts in given.items():
            known = {each.name for each in self.hyperparameters if each.place == place}
            for name in texts:
                if name not in known:
                    raise InvalidInput(self._unknown(name, place, known))
        values = {
            each.name: each.parse(given[each.place][each.name]) if each.name in given[each.place] else each.default
            for each in self.hyperparameters
        }
        for smaller, larger in self.ordered:
            if not values[smaller] < values[larger]:  # type: ignore[operator]
                raise InvalidInput(
                    f"{smaller} must be smaller than {larger}; they are {values[smaller]} and {values[larger]}."
                )
        return values

    def _unknown(self, name: str, place: str, known: set[str]) -> str:
        member = "algorithmHyperParameters" if place == "algorithm" else "featureTransformationParameters"
        choice = f"it has {', '.join(sorted(known))}" if known else "it has none"
        return f"{member}: {name[:60]} is not a parameter of {self.name}; {choice}."
