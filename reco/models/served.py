"""Opening a trained model: from an artefact to something that answers. numpy only."""

from __future__ import annotations

from typing import Any

from reco.artefact import Artefact, Vocabulary
from reco.errors import CorruptArtefact
from reco.models.families.blend import BlendModel
from reco.models.families.factors import FactorModel
from reco.models.families.item_affinity import AffinityModel
from reco.models.families.item_attribute_affinity import AttributeAffinityModel
from reco.models.families.neighbours import NeighbourModel
from reco.models.families.next_best_action import ActionModel
from reco.models.families.popularity import PopularityModel
from reco.models.families.semantic import SemanticModel
from reco.models.families.trending import TrendingModel
from reco.models.query import ServedModel
from reco.models.source import ModelSource

_FAMILIES: dict[str, Any] = {
    model.family: model
    for model in (
        BlendModel,
        FactorModel,
        NeighbourModel,
        PopularityModel,
        AffinityModel,
        AttributeAffinityModel,
        ActionModel,
        SemanticModel,
        TrendingModel,
    )
}

BY_ROWS: frozenset[str] = frozenset().union(*(getattr(model, "BY_ROWS", ()) for model in _FAMILIES.values()))
"""Arrays of which a served model never asks for more than some rows: large ones need not be where it runs."""


def load_model(artefact: Artefact) -> ServedModel:
    """The model of an artefact of kind "model". Reads nothing that is as large as the histories.

    Raises:
        CorruptArtefact: not a model, or of a family this program does not know.
    """
    if artefact.kind != "model":
        raise CorruptArtefact(f"{artefact.folder} is a {artefact.kind}, not a model")
    return serve(artefact, Vocabulary.of(artefact, "items"))


def serve(source: ModelSource, items: Vocabulary) -> ServedModel:
    """The model whose arrays are in `source`.

    Raises:
        CorruptArtefact: of a family this program does not know, or something is missing.
    """
    family = source.attributes.get("family")
    if family not in _FAMILIES:
        raise CorruptArtefact(f"no model of family {family} is known; there are {', '.join(_FAMILIES)}")
    try:
        return _FAMILIES[family](source, items)
    except KeyError as error:
        raise CorruptArtefact(f"the model lacks {error}") from error
