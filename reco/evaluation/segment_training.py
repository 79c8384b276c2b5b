"""Training of user segments: measured without each user's newest fifth, then fitted on everything."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reco.artefact import Vocabulary
from reco.evaluation.segment_metrics import newest_fifth, segment_metrics, takers, top_size
from reco.models.families.item_affinity import AffinityModel
from reco.models.families.item_attribute_affinity import AttributeAffinityModel
from reco.models.fit_settings import FitSettings
from reco.models.fitting import fit_model
from reco.models.segments import Rows
from reco.models.selection import Values
from reco.models.served import serve
from reco.models.source import FittedModel
from reco.models.training_data import TrainingData

FAMILIES = (AffinityModel.family, AttributeAffinityModel.family)
MOST_QUERIES = 1_000
"""More segments than this make a metric no surer in its second digit."""


def train_segments(
    data: TrainingData, items: Vocabulary, *, family: str, values: Values, settings: FitSettings
) -> tuple[FittedModel, dict[str, float]]:
    """The model of all events, and the metrics of one that was fitted without each user's newest fifth.

    Raises:
        UserFault: no item has an attribute, where the family ranks users by attributes.
    """
    measured = measure_segments(data, items, family=family, values=values, settings=settings)
    settings.say("fitting all events")
    final = fit_model(data, family, values, replace(settings, decided=measured.model.attributes))
    return final, measured.metrics


@dataclass(frozen=True)
class MeasuredSegments:
    """A model that was fitted without each user's newest fifth, and what that fifth says of it."""

    model: FittedModel
    metrics: dict[str, float]
    questions: int
    """Segments asked for."""


def measure_segments(
    data: TrainingData, items: Vocabulary, *, family: str, values: Values, settings: FitSettings
) -> MeasuredSegments:
    """Fits on each user's oldest four fifths and asks for segments.

    Raises:
        UserFault: no item has an attribute, where the family ranks users by attributes.
    """
    newest = newest_fifth(data.interactions)
    rest = data.interactions.of_events(~newest)
    trial = fit_model(replace(data, interactions=rest), family, values, settings)
    questions = _questions(data, family, newest, settings.seed)
    settings.say(f"measuring on {len(questions)} segments")
    model = serve(trial, items)
    assert isinstance(model, AffinityModel)  # noqa: S101  both families are
    users = rest.user_count
    ranked = [model.rank_users(asked, top_size(users)).users for asked, _ in questions]
    metrics = segment_metrics(ranked, [truth for _, truth in questions], user_count=users)
    return MeasuredSegments(trial, metrics, len(questions))


def _questions(data: TrainingData, family: str, newest: NDArray[np.bool_], seed: int) -> list[tuple[Rows, Rows]]:
    """Items to ask for together, and the users who touched one of them: each item, or each attribute, that someone
    did; at most MOST_QUERIES, drawn."""
    by_item = takers(data.interactions, newest)
    generator = np.random.default_rng(seed)
    if family == AffinityModel.family:
        chosen = np.sort(generator.permutation(sorted(by_item))[:MOST_QUERIES]).astype(np.int32)
        return [(np.array([item]), by_item[int(item)]) for item in chosen]
    assert data.attributes is not None  # noqa: S101  the fit before has refused it
    questions: list[tuple[Rows, Rows]] = []
    for attribute in generator.permutation(len(data.attributes)):
        asked = data.attributes.items_of(int(attribute))
        truth = [by_item[item] for item in asked.tolist() if item in by_item]
        if truth and len(questions) < MOST_QUERIES:
            questions.append((asked, np.unique(np.concatenate(truth))))
    return questions
