"""The artefact's budget, and a large catalogue's whole path on a small one."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reco.artefact import Vocabulary
from reco.models import pruning
from reco.models.compact import RECORDS, packed_size
from reco.models.families import blend_fitting
from reco.models.fit_settings import FitSettings
from reco.models.fitting import fit_model
from reco.models.history import Touches
from reco.models.interactions import Interactions
from reco.models.item_rows import ItemRows
from reco.models.pruning import affordable_entries, budget_of, compacted
from reco.models.query import Query
from reco.models.served import serve
from reco.models.signals import Signals
from reco.models.source import FittedModel
from reco.models.training_data import TrainingData
from tests.models.builders import names, planted_tastes

VALUES = {"hidden_dimension": 16, "bptt": 12}


@pytest.fixture(scope="module")
def tastes() -> Interactions:
    return planted_tastes(3, users=200, tastes=5, items_each=20, length=14)[0]


@pytest.fixture(scope="module")
def dense(tastes: Interactions) -> FittedModel:
    return fit_model(TrainingData(tastes), "blend", VALUES, FitSettings())


@pytest.fixture(scope="module")
def sparse(tastes: Interactions) -> FittedModel:
    said: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blend_fitting, "DENSE_LIMIT", 50)
        model = fit_model(TrainingData(tastes), "blend", VALUES, FitSettings(say=said.append))
    assert any("largest entries are kept" in line for line in said)
    return model


def hits(model: FittedModel, vocabulary: Vocabulary, interactions: Interactions) -> float:
    """Share of what users touched after their eighth item that is among ten items recommended then."""
    served = serve(model, vocabulary)
    found = []
    for user in range(0, interactions.user_count, 5):
        items, times = interactions.history(user)
        ranked = served.rank(Query(items[:8], times[:8], None, None, 10)).items
        found.append(np.isin(items[8:], ranked).mean())
    return float(np.mean(found))


def test_a_catalogue_beyond_the_dense_limit_is_ranked_about_as_well(
    tastes: Interactions, dense: FittedModel, sparse: FittedModel
) -> None:
    assert "together" in sparse.attributes["signals"]["names"]
    assert "together" not in dense.attributes["signals"]["names"]
    vocabulary = names(tastes.item_count, "i")
    assert hits(sparse, vocabulary, tastes) > 0.9 * hits(dense, vocabulary, tastes) > 0.2


def test_the_artefact_says_what_pruning_cost(sparse: FittedModel) -> None:
    said = sparse.attributes["blend"]["pruning"]
    assert said["queries"] > 0
    # Nothing had to go: float16 alone changes next to nothing.
    assert said["ndcg_at_10"] == pytest.approx(said["ndcg_at_10_unpruned"], abs=0.02)
    assert sparse.attributes["item_rows"]["entries"] == said["entries"]


def test_a_packed_model_gives_the_signals_of_the_whole_one(tastes: Interactions, sparse: FittedModel) -> None:
    assert not any(name.endswith(".values") for name in sparse.arrays)
    assert all(np.isfinite(array).all() for name, array in sparse.arrays.items() if name != RECORDS)
    matrix = Signals(sparse).matrix(Touches.of(*tastes.history(0)))
    assert np.isfinite(matrix).all()


@settings(max_examples=40)
@given(st.integers(0, 1000), st.integers(100, 6000))
def test_a_budget_is_kept_and_used_up(seed: int, budget: int) -> None:
    generator = np.random.default_rng(seed)
    tables = {
        name: ItemRows.of_blocks([generator.standard_normal((12, 12)) * (generator.random((12, 12)) < 0.5)], 12)
        for name in ("one", "two")
    }
    most = affordable_entries(tables, budget)

    def size(entries: int) -> int:
        return packed_size([table.pruned(entries) for table in tables.values()])

    assert most == 1 or size(most) <= budget
    if size(12) > budget:
        assert size(most + 1) > budget


def test_a_tight_budget_makes_the_records_small(tastes: Interactions) -> None:
    table = ItemRows.of_blocks([np.random.default_rng(0).random((40, 40))], 40)
    factors = np.ones((40, 4), np.float32)
    whole = FittedModel({**table.arrays("ease"), "item_factors": factors}, {})
    small = compacted(whole, budget=40 * 8 + 40 * 4 * 6)
    assert small.attributes["item_rows"] == {"tables": ["ease"], "entries": 6}
    assert len(small.arrays[RECORDS]) == 40 * (8 + 4 * 6)


def test_counts_in_two_bytes_give_the_same_signals(
    tastes: Interactions, sparse: FittedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "COUNTS_SHRUNK_FROM", 1)
    small = compacted(sparse)
    assert small.array("popularity").dtype == np.uint16
    touches = Touches.of(*tastes.history(0))
    np.testing.assert_array_equal(Signals(small).matrix(touches), Signals(sparse).matrix(touches))
    halves = FittedModel({**sparse.arrays, "popularity": sparse.array("popularity") / np.float32(2)}, sparse.attributes)
    assert compacted(halves).array("popularity").dtype == np.float32


def test_budgets_grow_with_the_catalogue_and_leave_room_for_the_rest() -> None:
    sizes = [100, 10_000, 100_000, 1_000_000, 10_000_000]
    assert all(less <= more for less, more in pairwise([budget_of(size) for size in sizes]))
    assert budget_of(10_000) <= 200e6 - 10_000 * (149 * 4 + 51 * 4 + 100)
    assert budget_of(1_000_000) <= 1e9 - 1_000_000 * (149 + 9 * 4 + 50)
