"""A whole training, measured and kept, on data that nobody would wish for."""

from __future__ import annotations

import json

import numpy as np
import pytest

from reco.evaluation.training import train
from reco.models.content_features import TextColumn, build_content
from reco.models.fit_settings import FitSettings
from reco.models.interactions import Interactions
from reco.models.training_data import TrainingData
from tests.models.builders import names
from tests.models.test_bad_input_models import FAMILIES, VALUES, WORLDS, check_finite, data_of

HARD = (
    "one event",
    "one user, one item, again and again",
    "one item of many was touched",
    "everybody bought everything",
    "no two users share an item",
    "users without events between others",
    "all at one second",
    "centuries apart",
    "weights of every size",
)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("world", HARD)
def test_a_training_on_an_extreme_world_gives_finite_metrics_and_probes(family: str, world: str) -> None:
    interactions = WORLDS[world]()
    users, items = names(interactions.user_count, "u"), names(interactions.item_count, "i")
    trained = train(data_of(interactions), users, items, family=family, values=VALUES[family], settings=FitSettings())
    check_finite(trained.model)
    assert all(np.isfinite(value) for value in trained.metrics.values())
    json.dumps(trained.probes, allow_nan=False)


def test_items_alone_are_enough_for_likeness_of_texts() -> None:
    nobody = Interactions(np.zeros(1, np.int64), np.empty(0, np.int32), np.empty(0, np.int64), 4)
    content = build_content([TextColumn.of("STORY", "text", ["old ship", "old ship", "new car", "new car"])], 4)
    trained = train(
        TrainingData(nobody, content),
        names(0, "u"),
        names(4, "i"),
        family="semantic_similarity",
        values={},
        settings=FitSettings(),
    )
    assert trained.metrics["item_similarity"] > 0.3
    json.dumps(trained.probes, allow_nan=False)
