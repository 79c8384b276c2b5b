"""Laws of the factorisation, and its equality with the slow one."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reco.models import als, als_sweep
from reco.models.als import Objective, Pairs, continued, drawn, fit
from reco.models.als_crew import LARGE_PAGE
from reco.models.fold_in import fold_in
from reco.models.interactions import offsets_of
from tests.models import reference_als
from tests.models.builders import random_pairs

OBJECTIVE = Objective(alpha=6.0, regularisation=0.02)
TINY_CHUNKS = 4 * 8 * 4
"""Four gathered rows of eight factors: every row of more than sixteen pairs is heavy."""


@settings(max_examples=25)
@given(
    seed=st.integers(0, 1000),
    alpha=st.floats(0.5, 100),
    exponent=st.sampled_from([0.0, 0.5, 1.0]),
    factors=st.integers(1, 8),
    weighted=st.booleans(),
    chunk_bytes=st.sampled_from([TINY_CHUNKS, 1 << 14]),
)
def test_converged_sweeps_equal_the_slow_factorisation(
    seed: int, alpha: float, exponent: float, factors: int, weighted: bool, chunk_bytes: int
) -> None:
    pairs = random_pairs(seed, users=40, items=25, density=0.4, weighted=weighted)
    objective = Objective(alpha, 0.1, exponent)
    initial = np.random.default_rng(seed).random((25, factors)).astype(np.float32)
    users, items = reference_als.fit(pairs, objective, initial, epochs=2)
    found = fit(
        pairs,
        objective,
        factors=factors,
        epochs=2,
        seed=0,
        steps=None,
        with_users=True,
        initial=initial,
        chunk_bytes=chunk_bytes,
    )
    assert found.users is not None
    np.testing.assert_allclose(found.users @ found.items.T, users @ items.T, atol=2e-3)


@settings(max_examples=40)
@given(
    seed=st.integers(0, 1000),
    steps=st.sampled_from([1, 2, 3, None]),
    chunk_bytes=st.sampled_from([TINY_CHUNKS, 1 << 12, 1 << 20]),
    alpha=st.floats(0.5, 200),
    exponent=st.sampled_from([0.0, 1.0]),
    weighted=st.booleans(),
    density=st.floats(0.01, 0.9),
)
def test_the_loss_never_rises_between_half_sweeps(
    seed: int, steps: int | None, chunk_bytes: int, alpha: float, exponent: float, weighted: bool, density: float
) -> None:
    objective = Objective(alpha, 0.05, exponent)
    pairs = random_pairs(seed, users=40, items=30, density=density, weighted=weighted)
    table = reference_als.dense(pairs)
    losses: list[float] = []
    fit(
        pairs,
        objective,
        factors=8,
        epochs=8,
        seed=1,
        steps=steps,
        chunk_bytes=chunk_bytes,
        watch=lambda users, items: losses.append(reference_als.loss(table, users, items, objective)),
    )
    assert len(losses) == 16
    assert all(after <= before * (1 + 1e-5) for before, after in pairwise(losses))
    assert losses[-1] <= losses[0]


def test_permuting_users_and_items_permutes_the_answer() -> None:
    pairs = random_pairs(5, users=50, items=30, density=0.3)
    generator = np.random.default_rng(0)
    user_order, item_order = generator.permutation(50), generator.permutation(30)
    new_row = np.argsort(item_order)
    rows = [slice(pairs.offsets[user], pairs.offsets[user + 1]) for user in user_order]
    permuted = Pairs(
        offsets_of(np.diff(pairs.offsets)[user_order]),
        np.concatenate([new_row[pairs.columns[row]] for row in rows]).astype(np.int32),
        np.concatenate([pairs.weights[row] for row in rows]),
        30,
    )
    initial = generator.random((30, 6)).astype(np.float32)
    one = fit(pairs, OBJECTIVE, factors=6, epochs=3, seed=0, with_users=True, initial=initial)
    two = fit(permuted, OBJECTIVE, factors=6, epochs=3, seed=0, with_users=True, initial=initial[item_order])
    assert one.users is not None
    assert two.users is not None
    np.testing.assert_allclose(two.users @ two.items.T, (one.users @ one.items.T)[user_order][:, item_order], atol=1e-3)


@pytest.mark.parametrize("chunk_bytes", [TINY_CHUNKS, 1 << 21])
def test_folding_in_a_training_users_history_gives_the_vector_back(chunk_bytes: int) -> None:
    pairs = random_pairs(7, users=80, items=60, density=0.3)
    found = fit(pairs, OBJECTIVE, factors=12, epochs=6, seed=0, with_users=True, chunk_bytes=chunk_bytes)
    assert found.users is not None
    for user, vector in enumerate(found.users):
        span = slice(pairs.offsets[user], pairs.offsets[user + 1])
        folded = fold_in(found.items, found.spectrum, OBJECTIVE, pairs.columns[span], pairs.weights[span])
        np.testing.assert_allclose(folded, vector, atol=1e-4 * max(1.0, float(np.abs(vector).max())))


def test_long_and_short_histories_fold_in_alike() -> None:
    pairs = random_pairs(8, users=40, items=60, density=0.5)
    found = fit(pairs, OBJECTIVE, factors=10, epochs=4, seed=0)
    table = reference_als.dense(pairs)
    exact = reference_als.solve_rows(table, found.items.astype(np.float64), OBJECTIVE)
    lengths = np.diff(pairs.offsets)
    assert (lengths > 10).any()
    assert ((lengths > 0) & (lengths <= 10)).any()
    for user in range(40):
        span = slice(pairs.offsets[user], pairs.offsets[user + 1])
        folded = fold_in(found.items, found.spectrum, OBJECTIVE, pairs.columns[span], pairs.weights[span])
        np.testing.assert_allclose(folded, exact[user], atol=2e-4)


def test_the_spectrum_is_the_diagonal_of_the_items_gram_matrix() -> None:
    found = fit(random_pairs(9), OBJECTIVE, factors=5, epochs=3, seed=0)
    np.testing.assert_allclose(found.items.T @ found.items, np.diag(found.spectrum), atol=1e-4)


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("exponent", [0.0, 1.0])
def test_the_same_seed_gives_the_same_bits_however_many_threads(
    weighted: bool, exponent: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(als, "WORTH_SHARING", 0)
    monkeypatch.setattr(als_sweep, "BLOCK", 64)
    pairs = random_pairs(11, users=400, items=200, density=0.1, weighted=weighted)
    objective = Objective(6.0, 0.02, exponent)
    fits = [
        fit(pairs, objective, factors=16, epochs=3, seed=4, threads=threads, chunk_bytes=1 << 13, with_users=True)
        for threads in (1, 1, 2, 3)
    ]
    for other in fits[1:]:
        assert fits[0].items.tobytes() == other.items.tobytes()
        assert fits[0].users is not None
        assert other.users is not None
        assert fits[0].users.tobytes() == other.users.tobytes()
    assert fits[0].items.tobytes() != fit(pairs, objective, factors=16, epochs=3, seed=5).items.tobytes()


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("exponent", [0.0, 1.0])
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_what_a_workers_memory_held_before_is_never_read(
    monkeypatch: pytest.MonkeyPatch, exponent: float, threads: int
) -> None:
    class Poisoned(als_sweep.Scratch):
        """Holds what fresh memory may: bits that any arithmetic would complain about."""

        def __init__(self, *sizes: int) -> None:
            super().__init__(*sizes)
            for memory in vars(self).values():
                if isinstance(memory, np.ndarray):
                    memory.view(np.uint32)[...] = 0x7FA00001
            poisoned.append(self)

    poisoned: list[als_sweep.Scratch] = []
    pairs = [random_pairs(seed, users=200, items=100, density=0.3, weighted=seed > 0) for seed in range(2)]

    def found() -> list[als.Fit]:
        objective = Objective(5.0, 0.1, exponent)
        few = {"factors": 7, "epochs": 2, "seed": 0, "with_users": True, "chunk_bytes": 1 << 12}
        return [fit(some, objective, threads=threads, **few) for some in pairs]  # type: ignore[arg-type]

    clean = found()
    monkeypatch.setattr(als_sweep, "Scratch", Poisoned)
    for one, two in zip(clean, found(), strict=True):
        np.testing.assert_array_equal(one.items, two.items)
        np.testing.assert_array_equal(one.users, two.users)
    assert poisoned


def test_going_on_from_an_earlier_fit_is_better_at_once_than_beginning_anew() -> None:
    pairs = random_pairs(21, users=120, items=60, density=0.3)
    table = reference_als.dense(pairs)
    earlier = fit(pairs, OBJECTIVE, factors=8, epochs=8, seed=0, with_users=True)
    # Five more items, of which the earlier fit knew nothing, stand between the known ones.
    places = np.sort(np.random.default_rng(0).permutation(65)[:60])
    rows = np.full(65, -1)
    rows[places] = np.arange(60)
    more = Pairs(pairs.offsets, places[pairs.columns].astype(np.int32), pairs.weights, 65)
    wider = np.zeros((120, 65))
    wider[:, places] = table
    losses: list[list[float]] = [[], []]
    for found, initial in zip(losses, [continued(earlier.items, rows, 8, seed=0), None], strict=True):

        def note(users: np.ndarray, items: np.ndarray, found: list[float] = found) -> None:
            found.append(reference_als.loss(wider, users, items, OBJECTIVE))

        fit(more, OBJECTIVE, factors=8, epochs=2, seed=0, initial=initial, watch=note)
    assert earlier.users is not None
    assert losses[0][-1] <= reference_als.loss(table, earlier.users, earlier.items, OBJECTIVE) * 1.02
    assert losses[0][-1] < losses[1][-1]


def test_what_is_gone_on_from_keeps_the_strongest_directions_and_draws_the_rest() -> None:
    previous = np.arange(1, 13, dtype=np.float32).reshape(4, 3)
    previous[2] = 0
    rows = np.array([1, -1, 2, 0])
    fewer, same, more = (continued(previous, rows, factors, seed=3) for factors in (2, 3, 5))
    np.testing.assert_array_equal(fewer[[0, 3]], previous[[1, 0], 1:])
    np.testing.assert_array_equal(same[[0, 3]], previous[[1, 0]])
    np.testing.assert_array_equal(more[[0, 3], 2:], previous[[1, 0]])
    for found in (fewer, same, more):
        np.testing.assert_array_equal(found[[1, 2]], drawn(4, found.shape[1], 3)[[1, 2]])
        assert (found > 0).all()


@pytest.mark.parametrize("threads", [1, 2])
def test_memory_beyond_the_pairs_is_their_places_the_factors_and_some_chunks(threads: int) -> None:
    """Gathered whole, the pairs' factors would take 64 times the places of the pairs. What processes share is not in
    the count, what the first of them keeps for itself is."""
    generator = np.random.default_rng(0)
    users, items, each, factors = 4000, 2000, 60, 64
    columns = np.sort(generator.random((users, items)).argpartition(each, axis=1)[:, :each], axis=1)
    pairs = Pairs(
        np.arange(users + 1) * each,
        columns.astype(np.int32).ravel(),
        (generator.random(users * each) + 0.1).astype(np.float32),
        items,
    )
    chunk = 1 << 18
    fit(random_pairs(1), OBJECTIVE, factors=2, epochs=1, seed=0)  # what the first fit of a process loads is not counted
    tracemalloc.start()
    fit(pairs, OBJECTIVE, factors=factors, epochs=1, seed=0, threads=threads, chunk_bytes=chunk)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    tables = 4 * factors * (users + items)
    places = 16 * len(pairs.columns) * 9 // 8
    transposition = 28 * len(pairs.columns)
    beginnings = 7 * LARGE_PAGE  # both tables and five arrays of a worker's begin where a large page does
    assert peak < tables + places + max(transposition, 10 * chunk + beginnings + tables)
    assert 4 * factors * len(pairs.columns) > 2 * peak


def test_items_and_users_without_a_pair_are_zero() -> None:
    pairs = Pairs(np.array([0, 2, 2, 3]), np.array([0, 3, 3], np.int32), np.ones(3, np.float32), 6)
    found = fit(pairs, OBJECTIVE, factors=3, epochs=3, seed=0, with_users=True)
    assert found.users is not None
    assert found.items.any(axis=1).tolist() == [True, False, False, True, False, False]
    assert found.users.any(axis=1).tolist() == [True, False, True]


@pytest.mark.parametrize("exponent", [0.0, 1.0])
@pytest.mark.parametrize("steps", [2, 12, None])
def test_many_steps_on_solved_rows_stay_finite(steps: int | None, exponent: float) -> None:
    found = fit(random_pairs(12), Objective(6.0, 0.02, exponent), factors=4, epochs=30, seed=0, steps=steps)
    assert np.isfinite(found.items).all()


@pytest.mark.parametrize("exponent", [0.0, 1.0])
@pytest.mark.parametrize(("users", "items"), [(1, 1), (1, 30), (30, 1), (20, 20)])
def test_one_user_one_item_and_full_tables_are_factorised(users: int, items: int, exponent: float) -> None:
    pairs = Pairs(
        np.arange(users + 1) * items,
        np.tile(np.arange(items, dtype=np.int32), users),
        np.ones(users * items, np.float32),
        items,
    )
    found = fit(pairs, Objective(40.0, 1e-4, exponent), factors=8, epochs=6, seed=0, with_users=True)
    assert found.users is not None
    np.testing.assert_allclose(found.users @ found.items.T, 1, atol=0.05)


def test_weights_of_very_different_size_stay_finite() -> None:
    pairs = random_pairs(14, users=60, items=40, density=0.4)
    wild = (10.0 ** np.random.default_rng(0).uniform(-6, 6, len(pairs.columns))).astype(np.float32)
    found = fit(Pairs(pairs.offsets, pairs.columns, wild, 40), OBJECTIVE, factors=8, epochs=10, seed=0, with_users=True)
    assert found.users is not None
    assert np.isfinite(found.items).all()
    assert np.isfinite(found.users).all()


def test_the_checkerboard_is_completed() -> None:
    """Even users touch even items, odd users odd ones, all but one: that one comes first."""
    size = 20
    rows = [[item for item in range(size) if item % 2 == user % 2 and item != user] for user in range(size)]
    pairs = Pairs(
        offsets_of([len(row) for row in rows]),
        np.concatenate(rows).astype(np.int32),
        np.ones(sum(map(len, rows)), np.float32),
        size,
    )
    found = fit(pairs, Objective(2.0, 0.01), factors=4, epochs=10, seed=0, with_users=True)
    assert found.users is not None
    likings = found.users @ found.items.T
    for user, row in enumerate(rows):
        likings[user, row] = -np.inf
        assert int(likings[user].argmax()) == user


def test_nothing_to_learn_from_is_refused() -> None:
    with pytest.raises(ValueError, match="no pair"):
        fit(
            Pairs(np.zeros(3, np.int64), np.empty(0, np.int32), np.empty(0, np.float32), 4),
            OBJECTIVE,
            factors=2,
            epochs=1,
            seed=0,
        )


@pytest.mark.parametrize("weight", [0.0, -1.0, np.nan, np.inf])
def test_a_weight_that_is_not_a_positive_number_is_refused(weight: float) -> None:
    pairs = Pairs(np.array([0, 2]), np.array([0, 1], np.int32), np.array([1, weight], np.float32), 2)
    with pytest.raises(ValueError, match="positive"):
        fit(pairs, OBJECTIVE, factors=2, epochs=1, seed=0)


def test_transposing_twice_gives_the_same_pairs() -> None:
    pairs = random_pairs(13)
    again = pairs.transposed().transposed()
    np.testing.assert_array_equal(reference_als.dense(pairs), reference_als.dense(pairs.transposed()).T)
    np.testing.assert_array_equal(pairs.columns, again.columns)
    np.testing.assert_array_equal(pairs.offsets, again.offsets)
