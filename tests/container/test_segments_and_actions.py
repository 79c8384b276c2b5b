"""Segments and actions through the container's train, from snapshots to an artefact in S3 (moto)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reco.errors import UserFault
from reco.jobs.specification import SnapshotReference
from reco.jobs.trial import try_model
from reco.models.families.item_affinity import AffinityModel
from reco.models.families.item_attribute_affinity import AttributeAffinityModel
from reco.models.families.next_best_action import ActionModel
from reco.models.served import load_model
from reco.recipes import recipe_by_arn
from tests.container.snapshots import snapshot
from tests.models.container import Container, container, planted_rows

__all__ = ["container"]

LOG = {"USER_ID": "string", "ACTION_ID": "string", "EVENT_TYPE": "string", "TIMESTAMP": "long"}


def put(made: Container, dataset_type: str, *description: Any, **flags: str) -> SnapshotReference:
    folder = made.folder / dataset_type
    artefact = snapshot(folder, dataset_type, *description, **flags)
    address = f"s3://data/snapshots/{dataset_type}/"
    made.home.upload_folder(folder, address)
    return SnapshotReference(address, artefact.digest, artefact.attributes["rows"])


@pytest.fixture
def trained(container: Container) -> Iterator[Any]:
    """A function that trains a recipe and returns the result and the loaded model."""
    snapshots = {
        "INTERACTIONS": container.put_interactions(planted_rows()),
        "ITEMS": put(
            container,
            "ITEMS",
            {"ITEM_ID": "string", "TASTE": "string"},
            [(f"i{item:03d}", f"t{item // 15}") for item in range(45)],
            TASTE="categorical",
        ),
        "ACTIONS": put(
            container, "ACTIONS", {"ACTION_ID": "string", "VALUE": "long"}, [(f"a{row}", row) for row in range(4)]
        ),
        "ACTION_INTERACTIONS": put(
            container,
            "ACTION_INTERACTIONS",
            LOG,
            [(f"u{user:03d}", f"a{user % 4}", "Taken", 1_005 + user % 9) for user in range(0, 120, 2)],
        ),
    }

    def train(name: str, **without: Any) -> Any:
        arn = f"arn:aws:personalize:::recipe/{name}"
        given = {key: value for key, value in snapshots.items() if key not in without.get("without", ())}
        specification = container.specify(None, snapshots=given, recipe_arn=arn, hyperparameters={})
        result = container.run(specification)
        assert set(result.metrics) == set(recipe_by_arn(arn).metrics)
        assert all(np.isfinite(value) for value in result.metrics.values())
        return result, load_model(container.open(result))

    yield train


def test_users_are_ranked_for_an_item(trained: Any) -> None:
    _, model = trained("aws-item-affinity")
    assert isinstance(model, AffinityModel)
    row = model.items.row("i020")
    segment = model.rank_users(np.array([row], np.int32), 10)
    assert len(segment.users) == 10 and (np.diff(segment.scores) <= 0).all()


def test_users_are_ranked_for_an_attribute(trained: Any, container: Container) -> None:
    result, model = trained("aws-item-attribute-affinity")
    assert isinstance(model, AttributeAffinityModel)
    segment = model.rank_users_by('ITEMS.TASTE = "t1"', 20)
    artefact = container.open(result)
    offsets, items = artefact.array("history_offsets"), artefact.array("history_items")
    shares = [np.mean(items[offsets[user] : offsets[user + 1]] // 15 == 1) for user in segment.users]
    assert np.mean(shares) > 0.5


def test_actions_are_ranked_and_the_model_passes_its_trial(trained: Any, container: Container) -> None:
    result, model = trained("aws-next-best-action")
    assert isinstance(model, ActionModel)
    assert list(model.actions) == ["a0", "a1", "a2", "a3"]
    assert result.users == 120
    assert model.met(2).actions.tolist() == [2] and len(model.met(3)) == 0
    assert try_model(container.home, result.artefact_uri, result.artefact_digest) == 20


def test_a_training_that_lacks_what_its_recipe_needs_fails_in_words(trained: Any, tmp_path: Path) -> None:
    with pytest.raises(UserFault, match="Actions dataset is empty"):
        trained("aws-next-best-action", without=("ACTIONS",))
    with pytest.raises(UserFault, match="needs an Items dataset"):
        trained("aws-item-attribute-affinity", without=("ITEMS",))
