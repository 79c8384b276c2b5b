"""What a request and the Users dataset say of somebody without a history changes what they are shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reco.artefact import Vocabulary, write_artefact
from reco.models.described_users import DescribedUsers
from reco.models.fit_settings import FitSettings
from reco.models.fitting import fit_model
from reco.models.interactions import Interactions, Labels
from reco.models.training_data import TrainingData
from reco.recipes.catalogue import recipe_by_arn
from reco.storage.event_records import EVENTS_THROUGH
from tests.runtime import conftest
from tests.runtime.conftest import ITEMS, USERS, RuntimeWorld, shop

KNOWN = [*USERS, "zebra even", "zebra odd"]
"""The last two have told us about themselves, and touched nothing."""


def write_described(folder: Path, recipe_name: str, **attributes: Any) -> str:
    """Even users, who like even items, came with a phone and live in Even; odd ones with a TV, from Odd."""
    plain = shop()
    parity = np.arange(len(KNOWN), dtype=np.int32) % 2
    interactions = Interactions(
        np.concatenate([plain.offsets, [plain.offsets[-1]] * 2]),
        plain.items,
        plain.times,
        plain.item_count,
        labels=(Labels("DEVICE", ["phone", "tv"], parity[plain.user_rows()]),),
        user_labels=(Labels("TOWN", ["Even", "Odd"], parity),),
    )
    recipe = recipe_by_arn(f"arn:aws:personalize:::recipe/{recipe_name}")
    given = {"hidden_dimension": "32"} if recipe.hyperparameter("hidden_dimension") else {}
    values = recipe.resolve(given, {})
    fitted = fit_model(TrainingData(interactions), recipe.family, values, FitSettings())
    described = DescribedUsers.of(interactions, fitted.attributes)
    return write_artefact(
        folder,
        kind="model",
        arrays={
            **fitted.arrays,
            **Vocabulary.from_strings(ITEMS).arrays("items"),
            **Vocabulary.from_strings(KNOWN).arrays("users"),
            "history_offsets": interactions.offsets,
            "history_items": interactions.items,
            "history_times": interactions.times,
            **described.arrays(),
        },
        attributes={**fitted.attributes, **described.attributes(), EVENTS_THROUGH: 0, **attributes},
    )


@pytest.fixture
def described(world: RuntimeWorld, monkeypatch: pytest.MonkeyPatch) -> RuntimeWorld:
    monkeypatch.setattr(conftest, "write_model", write_described)
    return world


def evenness(items: list[str]) -> float:
    """Share of items with an even number."""
    return float(np.mean([int(item[1:]) % 2 == 0 for item in items]))


def test_the_device_of_a_request_bends_a_newcomers_items(described: RuntimeWorld) -> None:
    arn = described.deploy("aws-user-personalization")
    for name in ("DEVICE", "device"):
        phone = described.items(arn, "new", context={name: "phone"}, numResults=10)
        tv = described.items(arn, "new", context={name: "tv"}, numResults=10)
        assert (evenness(phone), evenness(tv)) == (1.0, 0.0)
    anybody = described.items(arn, "new", numResults=10)
    for nothing in ({"DEVICE": "toaster"}, {"COLOUR": "red"}, {"DEVICE": "PHONE"}):
        assert described.items(arn, "new", context=nothing, numResults=10) == anybody


def test_a_newcomer_of_the_users_dataset_is_known_by_what_it_says(described: RuntimeWorld) -> None:
    arn = described.deploy("aws-user-personalization-v2")
    assert evenness(described.items(arn, "zebra even", numResults=10)) == 1.0
    assert evenness(described.items(arn, "zebra odd", numResults=10)) == 0.0
    both = described.items(arn, "zebra even", context={"TOWN": "Odd"}, numResults=10)
    assert evenness(both) == 0.0, "the request is nearer than the dataset"


def test_a_list_is_ranked_for_a_newcomer_by_the_requests_context(described: RuntimeWorld) -> None:
    arn = described.deploy("aws-personalized-ranking")
    body = {"campaignArn": arn, "userId": "new", "inputList": ["i01", "i00", "i03", "i02"], "context": {"DEVICE": "tv"}}
    ranked = described.post("/personalize-ranking", body)
    assert ranked["statusCode"] == 200
    assert ranked["body"].index("i03") < ranked["body"].index("i00")


def test_recipes_without_context_ignore_it(described: RuntimeWorld) -> None:
    arn = described.deploy("aws-popularity-count")
    assert described.items(arn, context={"DEVICE": "tv"}) == described.items(arn)
