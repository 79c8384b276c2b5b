"""What the runtime may rely on: order, scores, newcomers, unknown items, and that an event changes the answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reco.artefact import open_artefact, write_artefact
from reco.errors import CorruptArtefact
from reco.models.families.factors import FactorModel
from reco.models.fit_settings import FitSettings
from reco.models.fitting import fit_model
from reco.models.fold_in import fold_in
from reco.models.interactions import Interactions
from reco.models.popularity import newcomer_shares
from reco.models.query import Query
from reco.models.served import load_model, serve
from reco.models.source import FittedModel
from reco.models.training_data import TrainingData
from tests.models.builders import interactions_of, names, planted_tastes

FACTORS = {"hidden_dimension": 32}
NOBODY = np.empty(0, np.int32)


def query(
    history: list[int] | np.ndarray, count: int = 25, item: int | None = None, candidates: list[int] | None = None
) -> Query:
    items = np.asarray(history, np.int32)
    wanted = None if candidates is None else np.asarray(candidates, np.int32)
    return Query(items, np.arange(len(items)), item, wanted, count)


@pytest.fixture(scope="module")
def planted() -> Interactions:
    return planted_tastes()[0]


@pytest.fixture(scope="module")
def fitted(planted: Interactions) -> FittedModel:
    return fit_model(TrainingData(planted), "als", FACTORS, FitSettings())


@pytest.fixture(scope="module")
def model(fitted: FittedModel) -> FactorModel:
    served = serve(fitted, names(100, "i"))
    assert isinstance(served, FactorModel)
    return served


def test_scores_fall_and_sum_to_1_over_the_catalogue(model: FactorModel) -> None:
    for history in ([3, 4, 5], [7], []):
        answer = model.rank(query(history, count=500))
        assert answer.scores is not None
        assert len(answer.items) == 100 - len(history)
        assert len(set(answer.items.tolist())) == len(answer.items)
        assert (np.diff(answer.scores) <= 0).all()
        assert answer.scores.sum() == pytest.approx(1)
        assert not set(history) & set(answer.items.tolist())


def test_fewer_items_are_the_head_of_more(model: FactorModel) -> None:
    many, few = model.rank(query([1, 2], count=50)), model.rank(query([1, 2], count=5))
    assert few.items.tolist() == many.items[:5].tolist()
    assert few.scores is not None
    assert many.scores is not None
    assert few.scores.tolist() == many.scores[:5].tolist()


def test_a_question_asked_again_has_the_same_answer_whatever_was_asked_between(
    fitted: FittedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reco.models.families.factors._REMEMBERED_VECTORS", 3)
    model = serve(fitted, names(100, "i"))
    histories = [[1, 2], [2, 1], [1, 2, 2], [7], [8], [1]]
    fresh = [serve(fitted, names(100, "i")).rank(query(history)) for history in histories]
    for history, expected in [*zip(histories, fresh, strict=True)] * 2:
        for _ in range(2):
            answer = model.rank(query(history))
            np.testing.assert_array_equal(answer.items, expected.items)
            np.testing.assert_array_equal(answer.scores, expected.scores)


def test_a_vector_is_what_folding_in_gives(model: FactorModel) -> None:
    history = np.array([5, 9, 5, 30], np.int32)
    rows, weights = model.weights.weigh_one(history)
    folded = fold_in(model.factors, model.spectrum, model.objective, rows, weights)
    for _ in range(2):
        np.testing.assert_array_equal(model.vector(history), folded)
    np.testing.assert_array_equal(model.vector(np.repeat(history, 2)[::2]), folded)
    with pytest.raises(ValueError, match="read-only"):
        model.vector(history)[0] = 1.0


def test_items_of_the_users_taste_come_first(model: FactorModel) -> None:
    found = [
        np.mean(model.rank(query(np.array([4, 7, 9]) + 20 * taste, count=10)).items // 20 == taste)
        for taste in range(5)
    ]
    assert np.mean(found) >= 0.8
    assert min(found) >= 0.6


def test_seen_items_come_again_where_the_data_repeat(fitted: FittedModel) -> None:
    attributes = {**fitted.attributes, "seen_items": "allow"}
    model = serve(replace(fitted, attributes=attributes), names(100, "i"))
    answer = model.rank(query([1, 2, 3], count=100))
    assert {1, 2, 3} <= set(answer.items[:10].tolist())
    assert answer.scores is not None
    assert answer.scores.sum() == pytest.approx(1)


def seen_items_of(histories: list[list[int]]) -> str:
    data = TrainingData(interactions_of(histories, 8))
    return str(fit_model(data, "als", FACTORS, FitSettings()).attributes["seen_items"])


def test_the_data_decide_whether_seen_items_come_again() -> None:
    once = [[user % 5, 5 + user % 3] for user in range(60)]
    assert seen_items_of(once) == "exclude"
    again = [[*history, history[0]] for history in once]
    assert seen_items_of(again) == "allow"


def test_candidates_are_ranked_as_in_the_catalogue_and_share_all_scores(model: FactorModel) -> None:
    everything = model.rank(query([21, 22], count=100)).items.tolist()
    candidates = [90, 25, 3, 60, 30]
    answer = model.rank(query([21, 22], candidates=candidates))
    assert answer.items.tolist() == sorted(candidates, key=everything.index)
    assert answer.scores is not None
    assert answer.scores.sum() == pytest.approx(1)


def test_a_candidate_the_user_has_seen_is_ranked_too(model: FactorModel) -> None:
    answer = model.rank(query([21, 22], candidates=[21, 90]))
    assert answer.items.tolist() == [21, 90]


def test_candidates_of_a_newcomer_are_ranked(model: FactorModel) -> None:
    everything = model.rank(query([], count=100)).items.tolist()
    answer = model.rank(query([], candidates=[50, 7, 0]))
    assert answer.items.tolist() == sorted([50, 7, 0], key=everything.index)
    assert answer.scores is not None
    assert answer.scores.sum() == pytest.approx(1)
    assert model.rank(query([], candidates=[])).items.tolist() == []
    assert model.rank(query([1], candidates=[])).items.tolist() == []


def test_items_that_training_never_saw_come_last() -> None:
    interactions = interactions_of([[0, 1, 2], [1, 2, 3], [0, 3], [2, 1]] * 10, 6)
    model = serve(fit_model(TrainingData(interactions), "als", FACTORS, FitSettings()), names(6, "i"))
    assert model.rank(query([0], count=6)).items[-2:].tolist() == [4, 5]
    assert model.rank(query([], count=6)).items[-2:].tolist() == [4, 5]


def test_a_newcomer_gets_what_users_touch_first_and_what_is_popular() -> None:
    # Everybody begins with item 0 or 1; item 3 is the most popular, item 4 rare.
    histories = [[0, 3, 2], [1, 2, 3], [0, 2, 3], [0, 3, 4]] * 20
    shares = newcomer_shares(interactions_of(histories, 6), recent=False)
    assert shares.sum() == pytest.approx(1)
    assert shares[0] > shares[4] > shares[5] == 0
    assert set(np.argsort(-shares)[:3].tolist()) == {0, 2, 3}


def test_what_is_popular_lately_counts_when_asked() -> None:
    interactions = interactions_of([[0, 0, 0, 0, 1]] * 10, 2)
    ever, lately = (newcomer_shares(interactions, recent=recent) for recent in (False, True))
    assert lately[1] > ever[1]


def test_one_event_lifts_the_items_nearest_to_its_own(planted: Interactions, model: FactorModel) -> None:
    """After an event the ten items nearest to its item rise in mean rank, for known users and for newcomers."""
    factors = model.factors / np.linalg.norm(model.factors, axis=1, keepdims=True)
    generator = np.random.default_rng(2)
    risen = []
    for user in generator.choice(planted.user_count, 40, replace=False):
        history = planted.history(int(user))[0]
        item = int(generator.choice(np.setdiff1d(np.arange(100), history)))
        nearest = np.argsort(-(factors @ factors[item]))[1:11]
        before, after = (ranks(model, events) for events in (history, np.append(history, item)))
        comparable = [other for other in nearest.tolist() if other in before and other in after]
        risen.append(np.mean([before[other] - after[other] for other in comparable]))
    assert np.mean(risen) > 1
    assert np.mean(np.array(risen) > 0) >= 0.9


def ranks(model: FactorModel, history: np.ndarray) -> dict[int, int]:
    answer = model.rank(query(history, count=len(model.items)))
    return {item: place for place, item in enumerate(answer.items.tolist())}


@pytest.mark.parametrize("family", ["item_similarity", "popularity"])
def test_models_without_scores_have_none(planted: Interactions, family: str) -> None:
    values = {"popularity_discount_factor": 0.5, "min_cointeraction_count": 3}
    model = serve(fit_model(TrainingData(planted), family, values, FitSettings()), names(100, "i"))
    assert not model.has_scores
    assert model.rank(query([], item=3)).scores is None


def test_related_items_share_the_taste_and_leave_the_item_out(planted: Interactions) -> None:
    for values in (
        {"popularity_discount_factor": 0.5, "min_cointeraction_count": 3},
        {"popularity_discount_factor": 0.0},
    ):
        model = serve(fit_model(TrainingData(planted), "item_similarity", values, FitSettings()), names(100, "i"))
        for item in (0, 25, 47, 81):
            answer = model.rank(query([], item=item, count=5)).items
            assert (answer // 20 == item // 20).mean() >= 0.8
            everything = model.rank(query([], item=item, count=500)).items.tolist()
            assert sorted([*everything, item]) == list(range(100))


def test_without_an_item_related_items_are_the_popular_ones(planted: Interactions) -> None:
    values = {"popularity_discount_factor": 0.5, "min_cointeraction_count": 3}
    related = serve(fit_model(TrainingData(planted), "item_similarity", values, FitSettings()), names(100, "i"))
    popular = serve(fit_model(TrainingData(planted), "popularity", {}, FitSettings()), names(100, "i"))
    expected = popular.rank(query([], count=30)).items.tolist()
    assert related.rank(query([], item=None, count=30)).items.tolist() == expected


def test_an_item_outside_the_percentiles_has_no_neighbours() -> None:
    histories = [[0, 1, 2]] * 30 + [[0, 3, 4]] * 30
    values = {
        "popularity_discount_factor": 0.5,
        "min_cointeraction_count": 3,
        "min_item_interaction_count_percentile": 0.0,
        "max_item_interaction_count_percentile": 0.5,
    }
    model = serve(
        fit_model(TrainingData(interactions_of(histories, 5)), "item_similarity", values, FitSettings()), names(5, "i")
    )
    assert model.rank(query([], item=1, count=2)).items.tolist() == [2, 0]
    assert model.rank(query([], item=0, count=2)).items.tolist() == [1, 2]


def test_popularity_counts_users_not_events() -> None:
    interactions = interactions_of([[0] * 9, [1], [1], [2]], 4)
    model = serve(fit_model(TrainingData(interactions), "popularity", {}, FitSettings()), names(4, "i"))
    assert model.rank(query([], count=9)).items.tolist() == [1, 0, 2, 3]
    assert model.rank(query([], candidates=[3, 0, 1])).items.tolist() == [1, 0, 3]


def test_a_model_answers_alike_from_memory_and_from_disk(tmp_path: Path, fitted: FittedModel) -> None:
    arrays = {**fitted.arrays, **names(100, "i").arrays("items")}
    write_artefact(tmp_path, kind="model", arrays=arrays, attributes=fitted.attributes)
    loaded, here = load_model(open_artefact(tmp_path)), serve(fitted, names(100, "i"))
    for history in ([], [1, 5, 9]):
        one, two = loaded.rank(query(history)), here.rank(query(history))
        assert one.items.tolist() == two.items.tolist()
        np.testing.assert_array_equal(one.scores, two.scores)


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    items = names(2, "i").arrays("items")
    write_artefact(tmp_path / "snapshot", kind="snapshot", arrays=items, attributes={})
    with pytest.raises(CorruptArtefact, match="is a snapshot, not a model"):
        load_model(open_artefact(tmp_path / "snapshot"))
    write_artefact(tmp_path / "future", kind="model", arrays=items, attributes={"family": "oracle"})
    with pytest.raises(CorruptArtefact, match="no model of family oracle"):
        load_model(open_artefact(tmp_path / "future"))
    write_artefact(tmp_path / "part", kind="model", arrays=items, attributes={"family": "als"})
    with pytest.raises(CorruptArtefact, match="lacks"):
        load_model(open_artefact(tmp_path / "part"))


def test_the_longest_histories_are_left_out_of_fitting_when_asked() -> None:
    histories = [[0, 1], [1, 2], [2, 0]] * 40 + [[3, 4, 3, 4, 3, 4, 0, 1, 2]]
    values = {**FACTORS, "max_user_history_length_percentile": 0.9}
    fitted = fit_model(TrainingData(interactions_of(histories, 5)), "als", values, FitSettings())
    assert fitted.array("item_factors").any(axis=1).tolist() == [True, True, True, False, False]
