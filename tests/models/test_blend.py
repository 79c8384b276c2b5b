"""Weights of the blend: the likelihood's own maximum, and candidates that stand for the whole catalogue."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reco.models import blend
from reco.models.blend import bent, choose_candidates, standard_scores, within_reach
from reco.models.conditional_logit import Example, fit_weights
from tests.models.test_conditional_logit import examples_of


def test_drawn_candidates_lead_to_the_weights_of_the_whole_catalogue() -> None:
    whole = examples_of(np.array([1.0, 0.5]), count=1500, items=200)
    generator = np.random.default_rng(1)
    some = []
    for example in whole:
        barred = np.zeros(200, bool)
        truths = np.flatnonzero(example.truth)
        items, offset = choose_candidates(example.features, truths, barred, best=5, drawn=40, generator=generator)
        some.append(Example(example.features[:, items], example.truth[items], offset))
    expected = fit_weights(whole, ridge=1e-3).weights
    np.testing.assert_allclose(fit_weights(some, ridge=1e-3).weights, expected, atol=0.08)


@given(st.integers(0, 1000), st.integers(1, 40), st.integers(1, 10), st.integers(1, 10))
def test_candidates_hold_the_truths_and_the_strongest_and_stand_for_all(
    seed: int, count: int, best: int, drawn: int
) -> None:
    generator = np.random.default_rng(seed)
    signals = generator.normal(size=(3, count)).astype(np.float32)
    barred = generator.random(count) < 0.3
    truths = np.flatnonzero(~barred & (generator.random(count) < 0.2))
    items, offset = choose_candidates(signals, truths, barred, best=best, drawn=drawn, generator=generator)
    assert (np.diff(items) > 0).all()
    assert not barred[items].any()
    assert set(truths.tolist()) <= set(items.tolist())
    for signal in signals:
        strongest = np.argsort(-signal)[:best]
        assert set(strongest[~barred[strongest]].tolist()) <= set(items.tolist())
    assert np.exp(offset).sum() == pytest.approx(np.count_nonzero(~barred))


@given(st.integers(0, 10_000), st.integers(1, 30), st.sampled_from([0.05, 0.5, 1.0]), st.integers(1, 4))
def test_through_the_maxima_of_blocks_the_same_strongest_items_are_found(
    seed: int, best: int, filled: float, levels: int
) -> None:
    generator = np.random.default_rng(seed)
    signals = (generator.integers(0, levels + 1, (3, 100)) * (generator.random((3, 100)) < filled)).astype(np.float32)
    truths, nothing = np.arange(0, 100, 3, dtype=np.int32), np.zeros(100, bool)
    no_truth = np.empty(0, np.int64)
    whole = within_reach(signals, truths, best)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blend, "_MANY", 50)
        patch.setattr(blend, "_BLOCK", 4)
        np.testing.assert_array_equal(within_reach(signals, truths, best), whole)
        found, offset = choose_candidates(
            signals, no_truth, nothing, best=best, drawn=1, generator=np.random.default_rng(0)
        )
    taken = set(found[offset == 0].tolist())
    for signal in signals:
        order = [item for item in np.argsort(-signal, kind="stable") if signal[item] > signal.min()]
        assert set(order[:best]) <= taken
    assert len(taken) <= 3 * best + 1


def test_a_faint_signal_of_few_items_counts_in_a_large_catalogue() -> None:
    signals = np.zeros((1, 1_000_000), np.float32)
    signals[0, :50] = 0.01
    scores = standard_scores(signals, known=1_000_000)
    assert scores[0, :50].min() > 100 > scores[0, 50:].max()


def test_standard_scores_have_no_mean_and_unit_spread_over_the_items_known() -> None:
    generator = np.random.default_rng(0)
    signals = np.zeros((2, 60), np.float32)
    signals[:, :50] = generator.normal(3, 2, size=(2, 50))
    scores = standard_scores(signals, known=50)[:, :50]
    expected = (signals[:, :50] - signals[:, :50].mean(1, keepdims=True)) / signals[:, :50].std(1, keepdims=True)
    np.testing.assert_allclose(scores, np.clip(expected, -3, None), atol=1e-4)


def test_a_signal_that_hardly_varies_says_nothing() -> None:
    signals = np.stack([np.full(30, 7.3), np.zeros(30), 5 + 1e-7 * np.arange(30)]).astype(np.float32)
    assert not standard_scores(signals, known=30).any()


@given(st.lists(st.floats(-3, 1000, width=32), min_size=1, max_size=20))
def test_bending_keeps_order_and_sign(values: list[float]) -> None:
    scores = np.sort(np.array(values, np.float32))
    curved = bent(scores)
    assert (np.diff(curved) >= 0).all()
    assert (np.sign(curved) == np.sign(scores))[np.abs(scores) > 1e-6].all()
    assert (np.abs(curved) <= np.abs(scores) * (1 + 1e-6)).all()
