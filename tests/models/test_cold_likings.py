"""Expected likings of untouched items: on the scale of the others, in the order that content promises."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from reco.models import cold_likings
from reco.models.cold_likings import ColdLikings, Example, fit_cold_likings
from reco.models.content_features import TextColumn, build_content
from reco.models.fit_settings import FitSettings
from reco.models.fitting import fit_model
from reco.models.query import Query
from reco.models.served import serve
from reco.models.source import FittedModel
from reco.models.training_data import TrainingData
from tests.models.builders import names, planted_tastes

ITEMS, UNTOUCHED = 200, 40


def world(seed: int, noise: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[Example]]:
    """Likings that are a user's product with what content promises, and noise; the last items are untouched."""
    generator = np.random.default_rng(seed)
    promised = generator.standard_normal((ITEMS, 6)).astype(np.float32)
    codes = generator.standard_normal((ITEMS, 4)).astype(np.float32)
    codes /= np.linalg.norm(codes, axis=1, keepdims=True)
    touched = np.arange(ITEMS) < ITEMS - UNTOUCHED
    examples = []
    for _ in range(20):
        vector = generator.standard_normal(6).astype(np.float32)
        likings = 5 + 2 * promised @ vector + noise * generator.standard_normal(ITEMS)
        examples.append(Example(vector, generator.integers(0, 100, 5).astype(np.int32), likings.astype(np.float32)))
    return promised, codes, touched, examples


def fitted(seed: int = 0, noise: float = 0.0) -> tuple[ColdLikings, list[Example]]:
    promised, codes, touched, examples = world(seed, noise)
    found = fit_cold_likings(promised, codes, touched, examples)
    assert found is not None
    return found, examples


def filled(cold: ColdLikings, example: Example) -> np.ndarray:
    likings = example.likings.copy()
    likings[-UNTOUCHED:] = 0
    cold.fill(likings, example.vector, example.history)
    return likings


def test_where_content_tells_all_untouched_items_are_liked_as_if_they_were_touched() -> None:
    cold, examples = fitted()
    assert cold.slopes == pytest.approx((1, 0), abs=0.02)
    for example in examples:
        np.testing.assert_allclose(filled(cold, example), example.likings, atol=0.2)


def test_where_content_tells_little_untouched_items_stay_near_the_mean() -> None:
    cold, examples = fitted(noise=50)
    for example in examples:
        found = filled(cold, example)
        assert found[-UNTOUCHED:].std() < 0.4 * found[:-UNTOUCHED].std()
        np.testing.assert_array_equal(found[:-UNTOUCHED], example.likings[:-UNTOUCHED])


def test_scores_are_standard_over_the_touched_items() -> None:
    promised, codes, touched, examples = world(1, 0)
    found = fit_cold_likings(promised, codes, touched, examples)
    assert found is not None
    scores = found.promised.scores(examples[0].vector, promised[touched])
    assert abs(scores.mean()) < 1e-5
    assert scores.std() == pytest.approx(1, abs=1e-4)


def test_items_without_content_are_left_alone() -> None:
    promised, codes, touched, examples = world(2, 0)
    codes[-1] = 0
    found = fit_cold_likings(promised, codes, touched, examples)
    assert found is not None
    assert ITEMS - 1 not in found.items
    assert filled(found, examples[0])[-1] == 0


def test_without_untouched_items_or_examples_there_is_nothing_to_fill() -> None:
    promised, codes, touched, examples = world(3, 0)
    assert fit_cold_likings(promised, codes, np.ones(ITEMS, bool), examples) is None
    assert fit_cold_likings(promised, codes, touched, []) is None
    assert fit_cold_likings(promised, np.zeros((ITEMS, 0), np.float32), touched, examples) is None
    flat = [Example(examples[0].vector, examples[0].history, np.ones(ITEMS, np.float32))]
    assert fit_cold_likings(promised, codes, touched, flat) is None


def test_content_that_is_the_same_for_all_gives_finite_likings() -> None:
    promised, codes, touched, examples = world(4, 0)
    found = fit_cold_likings(np.ones_like(promised), np.ones_like(codes), touched, examples)
    assert found is not None
    likings = filled(found, examples[0])
    assert np.isfinite(likings).all()
    assert np.ptp(likings[-UNTOUCHED:]) < 1e-3


def test_it_survives_the_artefact() -> None:
    cold, examples = fitted(noise=1)
    again = ColdLikings.read(FittedModel(cold.arrays(), cold.attributes()))
    assert again is not None
    np.testing.assert_array_equal(filled(again, examples[0]), filled(cold, examples[0]))
    assert ColdLikings.read(FittedModel({}, {})) is None


class Far:
    """A source whose codes give rows only; counts the reads."""

    def __init__(self, source: FittedModel) -> None:
        self.source = source
        self.attributes, self.names = source.attributes, source.names
        self.reads = 0

    def array(self, name: str) -> np.ndarray:
        assert self.is_here(name)
        return self.source.array(name)

    def is_here(self, name: str) -> bool:
        return name != "cold.codes"

    def spans(self, name: str, spans: Sequence[tuple[int, int]]) -> list[np.ndarray]:
        self.reads += len(spans)
        return self.source.spans(name, spans)


def test_codes_and_vectors_of_large_catalogues_take_a_byte_and_like_nearly_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cold, examples = fitted(noise=1)
    monkeypatch.setattr(cold_likings, "QUANTISED_FROM", 1)
    small, _ = fitted(noise=1)
    arrays = small.arrays()
    assert {arrays[f"cold.{name}"].dtype.name for name in ("codes", "promised.vectors", "alike.vectors")} == {"int8"}
    again = ColdLikings.read(FittedModel(arrays, small.attributes()))
    assert again is not None
    for example in examples:
        np.testing.assert_allclose(filled(again, example), filled(cold, example), atol=0.1)


@pytest.mark.parametrize("quantised_from", [1, 10**9])
def test_codes_far_away_are_read_by_the_rows_of_the_history_and_remembered(
    monkeypatch: pytest.MonkeyPatch, quantised_from: int
) -> None:
    monkeypatch.setattr(cold_likings, "QUANTISED_FROM", quantised_from)
    cold, examples = fitted(noise=1)
    near = FittedModel(cold.arrays(), cold.attributes())
    far = Far(near)
    distant, close = ColdLikings.read(far), ColdLikings.read(near)
    assert distant is not None and close is not None
    history = np.unique(examples[0].history)
    for _ in range(2):
        np.testing.assert_allclose(distant.codes.profile(history), close.codes.profile(history), rtol=1e-5, atol=1e-6)
        assert far.reads == len(history)
    monkeypatch.setattr(cold_likings, "_REMEMBERED", 1)
    other = np.unique(examples[1].history)
    np.testing.assert_allclose(distant.codes.profile(other), close.codes.profile(other), rtol=1e-5, atol=1e-6)


def test_scores_are_standardised_over_a_sample_of_many_touched_items(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cold_likings, "KNOWN", 60)
    cold, examples = fitted()
    assert len(cold.touched) == 60
    assert np.corrcoef(filled(cold, examples[0])[-UNTOUCHED:], examples[0].likings[-UNTOUCHED:])[0, 1] > 0.95


def test_the_blend_shows_a_new_item_to_those_whose_taste_its_content_promises_to_meet() -> None:
    interactions, taste_of_user = planted_tastes()
    new = np.arange(0, 100, 20)  # one of each taste: the most popular, before it loses its events
    training = interactions.without_items(np.isin(np.arange(100), new))
    genres = [f"taste {item // 20}" for item in range(100)]
    content = build_content([TextColumn.of("GENRE", "category", genres)], 100)
    model = serve(fit_model(TrainingData(training, content), "blend", {}, FitSettings()), names(100, "i"))
    blind = serve(fit_model(TrainingData(training), "blend", {}, FitSettings()), names(100, "i"))
    found = np.zeros(2)
    for user in range(60):
        items, times = training.history(user)
        for place, each in enumerate((model, blind)):
            answer = each.rank(Query(items, times, None, new.astype(np.int32), 1)).items
            found[place] += answer[0] == new[taste_of_user[user]]
        every = model.rank(Query(items, times, None, None, 100))
        assert every.scores is not None and np.isfinite(every.scores).all()
    assert found[0] > 50
    assert found[1] < 30
