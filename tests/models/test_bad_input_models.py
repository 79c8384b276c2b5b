"""Every family on data that nobody would wish for: sound models, the same again, or words that say what is missing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from reco.errors import UserFault
from reco.models import fitting
from reco.models.action_data import TAKEN, ActionEvents
from reco.models.content_features import TextColumn, build_content
from reco.models.families.item_affinity import AffinityModel
from reco.models.families.next_best_action import ActionModel
from reco.models.fit_settings import FitSettings
from reco.models.fitting import fit_model
from reco.models.interactions import Interactions, offsets_of
from reco.models.item_attributes import ItemAttributes
from reco.models.query import Query, Ranking, ServedModel
from reco.models.served import serve
from reco.models.source import FittedModel
from reco.models.training_data import TrainingData
from reco.recipes import RECIPES
from tests.models.action_worlds import actions_of, events_of
from tests.models.builders import interactions_of, names

VALUES = {
    recipe.family: {**recipe.resolve({}, {}), "hidden_dimension": 8}
    for recipe in sorted(RECIPES, key=lambda recipe: -len(recipe.hyperparameters))
}
FAMILIES = sorted(fitting.FAMILIES)
VALUES.setdefault("als", {"hidden_dimension": 8})
MILLISECONDS = 1_700_000_000_000


def data_of(interactions: Interactions) -> TrainingData:
    """The interactions with some metadata and some actions, so that every family has what it requires."""
    users, count = interactions.user_count, interactions.item_count
    genres = [f"g{item % 3}" if item % 4 else None for item in range(count)]
    columns = [
        TextColumn.of("GENRE", "category", genres),
        TextColumn.of("STORY", "text", [f"a story of number {item}" for item in range(count)]),
    ]
    attributes = ItemAttributes.of(["GENRE"], [("GENRE", f"g{item % 3}", item) for item in range(count)])
    last = int(interactions.times.max())
    rows = [(user, last - user, user % 2, TAKEN) for user in range(0, users, 2)]
    return TrainingData(interactions, build_content(columns, count), attributes, actions_of(events_of(rows, users), 3))


def fitted(family: str, interactions: Interactions, *, threads: int = 1) -> FittedModel:
    return fit_model(data_of(interactions), family, VALUES[family], FitSettings(threads=threads))


def check_finite(model: FittedModel) -> None:
    for name, array in model.arrays.items():
        assert array.dtype.kind in "iuf", f"{name} has elements that an artefact has no place for"
        if array.dtype.kind == "f":
            assert np.isfinite(array).all(), f"{name} is not finite"
    json.dumps(model.attributes, allow_nan=False)


def check_answers(model: FittedModel, interactions: Interactions) -> None:
    served = serve(model, names(interactions.item_count, "i"))
    if isinstance(served, AffinityModel):
        _check_segments(served, interactions)
        return
    if isinstance(served, ActionModel):
        _check_actions(served, interactions)
        return
    everything = np.arange(interactions.item_count, dtype=np.int32)
    for items, times in _histories(interactions):
        last = int(items[-1]) if len(items) else None
        for candidates in (None, everything[::-1], everything[:1]):
            for count in (1, 7, interactions.item_count + 5):
                query = Query(items, times, last, candidates, count)
                _check_ranking(served, served.rank(query), query, interactions.item_count)


def _check_ranking(served: ServedModel, answer: Ranking, query: Query, item_count: int) -> None:
    assert len(set(answer.items.tolist())) == len(answer.items) <= query.count
    assert ((answer.items >= 0) & (answer.items < item_count)).all()
    if query.candidates is not None:
        assert len(answer.items) == min(len(query.candidates), query.count)
        assert np.isin(answer.items, query.candidates).all()
    assert (answer.scores is not None) == served.has_scores
    if answer.scores is not None:
        assert len(answer.scores) == len(answer.items)
        assert np.isfinite(answer.scores).all() and (answer.scores >= 0).all()
        assert answer.scores.sum() <= 1 + 1e-6
        assert (np.diff(answer.scores) <= 1e-9).all()


def _check_segments(served: AffinityModel, interactions: Interactions) -> None:
    for items in ([0], [interactions.item_count - 1], list(range(interactions.item_count))):
        segment = served.rank_users(np.array(items, np.int32), 10**6)
        assert sorted(segment.users.tolist()) == list(range(interactions.user_count))
        assert np.isfinite(segment.scores).all() and (segment.scores >= 0).all()
        assert segment.scores.sum() == pytest.approx(1, abs=1e-6)


def _check_actions(served: ActionModel, interactions: Interactions) -> None:
    for items, times in _histories(interactions):
        for met in (None, ActionEvents.none(1), served.met(0)):
            answer = served.rank_actions(items, times, met, 5)
            assert len(set(answer.actions.tolist())) == len(answer.actions) == 3
            assert np.isfinite(answer.scores).all() and ((answer.scores >= 0) & (answer.scores <= 1)).all()


def _histories(interactions: Interactions) -> list[tuple[NDArray[np.int32], NDArray[np.int64]]]:
    """Those of some users, of a newcomer, and one that nobody in training had."""
    users = np.flatnonzero(interactions.lengths)[:3]
    found = [interactions.history(int(user)) for user in users]
    found.append((np.empty(0, np.int32), np.empty(0, np.int64)))
    found.append((np.arange(interactions.item_count, dtype=np.int32), np.zeros(interactions.item_count, np.int64)))
    return found


# Worlds at an extreme each


def _world(histories: list[list[int]], items: int, **changes: Any) -> Interactions:
    return replace(interactions_of(histories, items), **changes)


def _drawn(seed: int = 0, users: int = 30, items: int = 12, length: int = 6) -> Interactions:
    generator = np.random.default_rng(seed)
    return interactions_of(generator.integers(0, items, (users, length)).tolist(), items)


def _with_times(change: Callable[[NDArray[np.int64]], NDArray[Any]]) -> Interactions:
    world = _drawn()
    return replace(world, times=change(world.times).astype(np.int64))


def _with_weights(weights: Callable[[int], Any]) -> Interactions:
    world = _drawn()
    return replace(world, weights=np.asarray(weights(len(world)), np.float32))


def _one_of_very_many() -> Interactions:
    generator = np.random.default_rng(0)
    histories = generator.integers(0, 12, (20, 5)).tolist()
    histories[3] = generator.integers(0, 12, 20_000).tolist()
    return interactions_of(histories, 12)


WORLDS: dict[str, Callable[[], Interactions]] = {
    "one event": partial(_world, [[0]], 1),
    "one user": partial(_world, [[0, 1, 2, 1, 0]], 3),
    "one user, one item, again and again": partial(_world, [[0] * 40], 1),
    "one item": partial(_world, [[0], [0, 0], [0]], 1),
    "one item of many was touched": partial(_world, [[2], [2], [2, 2]], 6),
    "everybody bought everything": partial(_world, [list(range(6))] * 10, 6),
    "everybody bought everything, each in another order": partial(
        _world, [np.random.default_rng(seed).permutation(6).tolist() for seed in range(12)], 6
    ),
    "no two users share an item": partial(_world, [[2 * user, 2 * user + 1] for user in range(8)], 16),
    "one event a user": partial(_world, [[user % 5] for user in range(20)], 5),
    "users without events between others": partial(_world, [[], [0, 1], [], [1, 2, 0], []], 3),
    "one user of very many events": _one_of_very_many,
    "all at one second": lambda: _with_times(np.zeros_like),
    "in milliseconds": lambda: _with_times(lambda times: MILLISECONDS + times),
    "at the end of time": lambda: _with_times(lambda times: 2**53 + times),
    "before the epoch": lambda: _with_times(lambda times: times - 10**9),
    "centuries apart": lambda: _with_times(lambda times: times * 10**10),
    "tiny weights": lambda: _with_weights(lambda count: np.full(count, 1e-30)),
    "huge weights": lambda: _with_weights(lambda count: np.full(count, 1e30)),
    "weights of every size": lambda: _with_weights(lambda count: np.logspace(-20, 20, count)),
}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("world", list(WORLDS))
def test_a_model_of_an_extreme_world_is_sound(family: str, world: str) -> None:
    interactions = WORLDS[world]()
    model = fitted(family, interactions)
    check_finite(model)
    check_answers(model, interactions)


# Worlds of any kind


@st.composite
def worlds(draw: st.DrawFn) -> Interactions:
    items = draw(st.integers(1, 8))
    histories = draw(st.lists(st.lists(st.integers(0, items - 1), max_size=8), min_size=1, max_size=8).filter(any))
    spacing = draw(st.sampled_from([0, 1, 60, 86_400, 86_400_000, 10**10]))
    start = draw(st.sampled_from([0, 1_700_000_000, MILLISECONDS]))
    lengths = [len(history) for history in histories]
    steps = [draw(st.integers(0, 3)) for _ in range(sum(lengths))]
    offsets = offsets_of(lengths)
    owner_start = np.repeat(offsets[:-1], lengths)
    run = np.cumsum(steps) if steps else np.empty(0, np.int64)
    before = np.concatenate([[0], run])[owner_start]
    times = start + spacing * (run - before)
    weights = draw(st.sampled_from([None, 1e-6, 1.0, 1e6]))
    events = np.array([item for history in histories for item in history], np.int32)
    scale = None if weights is None else (np.arange(1, len(events) + 1) * weights).astype(np.float32)
    return Interactions(offsets, events, np.asarray(times, np.int64), items, scale)


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(interactions=worlds())
def test_a_model_of_any_small_world_is_sound(family: str, interactions: Interactions) -> None:
    model = fitted(family, interactions)
    check_finite(model)
    check_answers(model, interactions)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("world", ["one user of very many events", "weights of every size", "all at one second"])
def test_a_model_is_the_same_again_and_at_any_number_of_threads(family: str, world: str) -> None:
    interactions = WORLDS[world]()
    one = fitted(family, interactions)
    for threads in (1, 3):
        other = fitted(family, interactions, threads=threads)
        assert json.dumps(one.attributes, sort_keys=True) == json.dumps(other.attributes, sort_keys=True)
        assert set(one.arrays) == set(other.arrays)
        for name, array in one.arrays.items():
            assert array.tobytes() == other.arrays[name].tobytes(), name


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("world", ["one event", "one item of many was touched", "no two users share an item"])
def test_without_metadata_a_model_is_sound_or_says_what_it_needs(family: str, world: str) -> None:
    interactions = WORLDS[world]()
    nothing = actions_of(ActionEvents.none(interactions.user_count), 3)
    data = TrainingData(interactions, actions=nothing)
    try:
        model = fit_model(data, family, VALUES[family], FitSettings())
    except UserFault as fault:
        assert family in ("item_attribute_affinity", "semantic_similarity") and "Items" in fault.message
        return
    check_finite(model)
    check_answers(model, interactions)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_weights_that_mean_nothing_fail_in_words(family: str, bad: float) -> None:
    interactions = _with_weights(lambda count: np.where(np.arange(count) == 3, bad, 1))
    with pytest.raises(UserFault, match="Weights of events"):
        fitted(family, interactions)


@pytest.mark.parametrize("family", FAMILIES)
def test_fitting_leaves_its_input_as_it_was(family: str) -> None:
    interactions = WORLDS["weights of every size"]()
    before = [array.copy() for array in (interactions.items, interactions.times, interactions.weights)]
    for array in (interactions.items, interactions.times, interactions.weights, interactions.offsets):
        assert array is not None
        array.flags.writeable = False
    fitted(family, interactions)
    after = (interactions.items, interactions.times, interactions.weights)
    for was, now in zip(before, after, strict=True):
        assert now is not None and was.tobytes() == now.tobytes()
