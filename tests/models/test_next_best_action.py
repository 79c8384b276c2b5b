"""The next best action: probabilities of actions, learned from what users did with them before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reco.models.action_data import (
    DAY_S,
    NEVER,
    NOT_TAKEN,
    TAKEN,
    VIEWED,
    ActionData,
    ActionEvents,
    kind_of,
)
from reco.models.content import ItemContent
from reco.models.families import next_best_action_fitting
from reco.models.families.next_best_action import ActionModel
from reco.models.families.next_best_action_fitting import moments_of
from reco.models.fit_settings import FitSettings
from reco.models.interactions import Interactions
from reco.models.propensity import FEATURES, Standing, Visitors, pair_features
from reco.models.query import Query
from reco.models.served import serve
from reco.models.training_data import TrainingData
from tests.models.action_worlds import DAYS, actions_of, events_of, planted_actions
from tests.models.builders import interactions_of, names

NOBODY = (np.empty(0, np.int32), np.empty(0, np.int64))
PERIOD = 14 * DAY_S


def fitted(interactions: Interactions, actions: ActionData, **settings: Any) -> ActionModel:
    model = next_best_action_fitting.fit(TrainingData(interactions, actions=actions), {}, FitSettings(**settings))
    served = serve(model, names(interactions.item_count, "i"))
    assert isinstance(served, ActionModel)
    return served


@pytest.fixture(scope="module")
def world() -> tuple[Interactions, ActionData, Any]:
    return planted_actions()


@pytest.fixture(scope="module")
def model(world: tuple[Interactions, ActionData, Any]) -> ActionModel:
    return fitted(*world[:2])


@pytest.mark.parametrize(
    ("text", "kind"),
    [("Taken", TAKEN), ("TAKEN", TAKEN), ("Not taken", NOT_TAKEN), ("NOT_TAKEN", NOT_TAKEN), ("Viewed", VIEWED)],
)
def test_types_of_events_are_read_in_every_spelling(text: str, kind: int) -> None:
    assert kind_of(text) == kind
    assert kind_of(text + "?") is None


def test_users_are_offered_the_actions_of_their_taste(
    world: tuple[Interactions, ActionData, Any], model: ActionModel
) -> None:
    interactions, _, tastes = world
    first = [model.rank_actions(*interactions.history(user), None, 2).actions for user in range(0, 400, 4)]
    right = np.mean(
        [np.isin(actions % 5, tastes[user]).mean() for user, actions in zip(range(0, 400, 4), first, strict=True)]
    )
    assert right > 0.6


def test_scores_are_probabilities_that_come_true_on_average(
    world: tuple[Interactions, ActionData, Any], model: ActionModel
) -> None:
    """Within the newest period as many actions were taken as the scores, at its beginning, said together."""
    interactions, actions, _ = world
    moment = DAYS * DAY_S - PERIOD
    expected = 0.0
    for user in range(400):
        scores = model.scores(moment, *interactions.history(user), actions.events.of_user(user))
        assert ((scores >= 0) & (scores <= 1)).all()
        expected += scores.sum()
    late = (actions.events.times >= moment) & (actions.events.kinds == TAKEN)
    pairs = np.stack([actions.events.user_rows()[late], actions.events.actions[late]])
    happened = np.unique(pairs, axis=1).shape[1]
    # The model knows all users' sequel as a whole, and its bonus for trials adds a little.
    assert expected == pytest.approx(happened, rel=0.35)


def test_a_newcomer_is_offered_what_most_take(world: tuple[Interactions, ActionData, Any]) -> None:
    interactions, actions, _ = world
    rows = [(user, 50 * DAY_S + user, 3, TAKEN) for user in range(300)]
    kept = list(
        zip(
            actions.events.user_rows().tolist(),
            actions.events.times.tolist(),
            actions.events.actions.tolist(),
            actions.events.kinds.tolist(),
            strict=True,
        )
    )
    popular = fitted(interactions, replace(actions, events=events_of(kept + rows, 400)))
    assert popular.rank_actions(*NOBODY, None, 1).actions.tolist() == [3]


def test_the_numbers_of_a_pair_are_what_their_names_say() -> None:
    day = DAY_S
    events = events_of(
        [(0, 1 * day, 1, VIEWED), (0, 2 * day, 1, TAKEN), (0, 4 * day, 1, TAKEN), (0, 5 * day, 0, NOT_TAKEN)], 2
    )
    moment = 10 * day
    visitors = Visitors(moment, events, np.array([3, 0]), np.array([5 * day, moment]))
    standing = Standing.at(moment, events, 2, float(PERIOD))
    found = pair_features(
        visitors,
        np.array([0, 0, 1]),
        np.array([0, 1, 1]),
        standing,
        worth=np.array([0, 5]),
        created=np.array([0, moment]),
        period_s=float(PERIOD),
    )
    named = [dict(zip(FEATURES, row, strict=True)) for row in found.tolist()]
    assert named[1]["took_it"] == 1 and named[1]["took_it_times"] == pytest.approx(np.log(3))
    assert named[1]["took_it_lately"] == pytest.approx(np.exp(-6 / 14))
    assert named[1]["viewed_it_lately"] == pytest.approx(np.exp(-9 / 14))
    assert named[0]["refused_it_lately"] == pytest.approx(np.exp(-5 / 14)) and named[0]["took_it"] == 0
    assert named[0]["refused_share"] == 0.5 and named[1]["refused_share"] == 0
    assert named[0]["popular"] == pytest.approx(-np.log(3) / 2) and named[1]["popular"] == pytest.approx(np.log(3) / 2)
    assert named[1]["new"] == 1 and named[0]["new"] == pytest.approx(np.exp(-10 / 30))
    assert [each["known"] for each in named] == [1, 1, 0]
    assert named[0]["actions_taken"] == pytest.approx(np.log(3)) and named[2]["actions_taken"] == 0
    assert named[0]["idle"] == pytest.approx(np.log(1 + 5 / 14)) and named[2]["idle"] == 0
    assert all(each["always"] == 1 for each in named)


def test_nothing_at_the_moment_or_after_it_is_looked_at(
    world: tuple[Interactions, ActionData, Any], model: ActionModel
) -> None:
    interactions, actions, _ = world
    items, times = interactions.history(7)
    met = actions.events.of_user(7)
    moment = 30 * DAY_S
    cut = model.scores(moment, items[times < moment], times[times < moment], met.of_events(met.times < moment))
    assert model.scores(moment, items, times, met).tobytes() == cut.tobytes()


def test_moments_lie_a_period_apart_before_the_newest_event() -> None:
    times = np.array([0, 100])
    assert moments_of(times, 100, 30.0) == [(71, 101), (41, 71), (11, 41)]
    assert moments_of(times, 100, 1.0) == [(100, 101), (99, 100), (98, 99), (97, 98)]
    assert moments_of(np.array([5, 6, 7]), 7, 1000.0) == [(7, 8)]
    assert moments_of(np.empty(0, np.int64), 7, 10.0) == []


# What must not be recommended


def test_an_expired_action_is_not_recommended(world: tuple[Interactions, ActionData, Any]) -> None:
    interactions, actions, _ = world
    expires = np.full(10, NEVER)
    expires[[2, 5]] = [1000, 10**10]
    limited = fitted(interactions, replace(actions, expires=expires))
    assert 2 not in limited.rank_actions(*NOBODY, None, 10).actions
    assert 5 in limited.rank_actions(*NOBODY, None, 10).actions
    assert 5 not in limited.rank_actions(*NOBODY, None, 10, now=10**10).actions


def test_an_action_waits_for_its_repeat_frequency(world: tuple[Interactions, ActionData, Any]) -> None:
    interactions, actions, _ = world
    limited = fitted(interactions, replace(actions, repeat_s=np.full(10, 7 * DAY_S)))
    now = 100 * DAY_S
    met = events_of([(0, now - 6 * DAY_S, 4, VIEWED), (0, now - 7 * DAY_S, 1, TAKEN)], 1)
    assert set(range(10)) - set(limited.rank_actions(*NOBODY, met, 10, now=now).actions.tolist()) == {4}


# Little to learn from


def test_without_any_event_the_worth_of_an_action_decides() -> None:
    interactions = interactions_of([[0, 1, 2], [2, 1]], 3)
    actions = actions_of(ActionEvents.none(2), 4, worth=np.array([1, 9, 0, 5], np.float32))
    model = fitted(interactions, actions)
    answer = model.rank_actions(*interactions.history(0), None, 4)
    assert answer.actions.tolist()[:2] == [1, 3]
    assert ((answer.scores > 0) & (answer.scores < 0.5)).all()


def test_an_action_that_nobody_met_is_placed_by_actions_like_it(world: tuple[Interactions, ActionData, Any]) -> None:
    interactions, actions, tastes = world
    content = ItemContent(
        np.arange(13), np.append(np.arange(10) % 5, [2, 4]).astype(np.int32), np.ones(12, np.float32), 5
    )
    wider = actions_of(actions.events, 12, content=content)
    model = fitted(interactions, wider)
    of_taste: dict[bool, list[float]] = {True: [], False: []}
    for user in range(0, 400, 3):
        scores = model.scores(DAYS * DAY_S, *interactions.history(user), ActionEvents.none(1))
        of_taste[tastes[user] == 2].append(scores[10])
    assert np.mean(of_taste[True]) > 1.5 * np.mean(of_taste[False])


def test_a_model_is_the_same_again_and_at_any_threads(world: tuple[Interactions, ActionData, Any]) -> None:
    data = TrainingData(world[0], actions=world[1])
    one = next_best_action_fitting.fit(data, {}, FitSettings(threads=1))
    two = next_best_action_fitting.fit(data, {}, FitSettings(threads=2))
    assert one.attributes == two.attributes
    for name, array in one.arrays.items():
        assert array.tobytes() == two.arrays[name].tobytes()


def test_what_a_known_user_did_is_read_from_the_model(
    world: tuple[Interactions, ActionData, Any], model: ActionModel
) -> None:
    for user in (0, 7, 399):
        kept, given = model.met(user), world[1].events.of_user(user)
        for name in ("offsets", "actions", "kinds", "times"):
            assert getattr(kept, name).tolist() == getattr(given, name).tolist()


def test_a_query_for_items_is_answered_with_actions(
    world: tuple[Interactions, ActionData, Any], model: ActionModel
) -> None:
    items, times = world[0].history(3)
    whole = model.rank(Query(items, times, None, None, 10))
    some = model.rank(Query(items, times, None, np.array([4, 1], np.int32), 10))
    assert sorted(whole.items.tolist()) == list(range(10))
    assert some.items.tolist() == [item for item in whole.items.tolist() if item in (1, 4)]


@settings(max_examples=20)
@given(
    st.lists(st.lists(st.integers(0, 3), max_size=5), min_size=1, max_size=5).filter(any),
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 10**7), st.integers(0, 2), st.integers(0, 2)), max_size=20),
)
def test_any_small_world_gives_probabilities(histories: list[list[int]], rows: list[tuple[int, int, int, int]]) -> None:
    users = len(histories)
    actions = actions_of(events_of([row for row in rows if row[0] < users], users), 3)
    model = fitted(interactions_of(histories, 4), actions)
    for user, history in enumerate(histories):
        answer = model.rank_actions(
            np.array(history, np.int32), np.arange(len(history)), actions.events.of_user(user), 9
        )
        assert len(set(answer.actions.tolist())) == len(answer.actions) == 3
        assert np.isfinite(answer.scores).all() and ((answer.scores >= 0) & (answer.scores <= 1)).all()
