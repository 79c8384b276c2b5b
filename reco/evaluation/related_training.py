"""Training of items of like text: no truth is known, so the answers of the model that is kept are described."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reco.artefact import Vocabulary
from reco.evaluation.metrics import DEPTH
from reco.evaluation.related_metrics import item_freshness, item_popularity, item_similarity
from reco.models.families.semantic import SemanticModel
from reco.models.fit_settings import FitSettings
from reco.models.fitting import fit_model
from reco.models.interactions import Interactions, distinct_pairs
from reco.models.query import Query
from reco.models.selection import Values
from reco.models.served import serve
from reco.models.source import FittedModel
from reco.models.training_data import TrainingData

FAMILIES = (SemanticModel.family,)
MOST_QUERIES = 2_000
"""More items asked about than this make a mean no surer in its second digit."""


def train_related(
    data: TrainingData, items: Vocabulary, *, values: Values, settings: FitSettings
) -> tuple[FittedModel, dict[str, float]]:
    """The model, and what its lists of 25 are like: how popular, how new, how near in words."""
    final = fit_model(data, SemanticModel.family, values, settings)
    model = serve(final, items)
    assert isinstance(model, SemanticModel)  # noqa: S101  the family's
    count = data.interactions.item_count
    asked = np.random.default_rng(settings.seed).permutation(count)[:MOST_QUERIES].tolist()
    settings.say(f"describing the answers to {len(asked)} items")
    nobody = (np.empty(0, np.int32), np.empty(0, np.int64))
    ranked = [model.rank(Query(*nobody, item, None, DEPTH)).items for item in asked]
    # What stands behind the like ones is popular and nothing else: like it is not.
    likeness = [_padded(model.like(item)[1][:DEPTH], len(listed)) for item, listed in zip(asked, ranked, strict=True)]
    pairs = distinct_pairs(data.interactions.offsets, data.interactions.items, count)
    return final, {
        "item_popularity": item_popularity(ranked, pairs.item_users()),
        "item_freshness": item_freshness(ranked, creation_times(data)),
        "item_similarity": item_similarity(likeness),
    }


def creation_times(data: TrainingData) -> NDArray[np.float64]:
    """Per item the second it was created, as Personalize has it where nobody says: of its oldest interaction, or of the
    newest of all where it has none. NaN where there are no interactions either."""
    interactions = data.interactions
    created = np.full(interactions.item_count, np.nan)
    if data.created is not None:
        created[...] = data.created
    missing = np.isnan(created)
    return np.where(missing, _oldest(interactions), created)


def _oldest(interactions: Interactions) -> NDArray[np.float64]:
    newest = float(interactions.times.max()) if len(interactions) else np.nan
    oldest = np.full(interactions.item_count, np.inf)
    np.minimum.at(oldest, interactions.items, interactions.times.astype(np.float64))
    return np.where(np.isfinite(oldest), oldest, newest)


def _padded(likeness: NDArray[np.float32], length: int) -> NDArray[np.float64]:
    padded = np.zeros(length)
    padded[: len(likeness)] = likeness[:length]
    return padded
