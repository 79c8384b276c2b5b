"""A visitor's history: trained and streamed events, each once, in order of time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from reco.artefact import open_artefact
from reco.models.history import MEAN_WEIGHT
from reco.recipes.event_parameters import EventParameters, as_attributes
from reco.runtime.history import History, merge
from reco.runtime.model import LoadedModel
from reco.storage.events import VisitorEvent
from tests.runtime.conftest import HISTORY, ITEMS, USERS, shop, write_model

THROUGH_MS = 1_710_000_000_000
LAST_S = 1_700_000_000 + 60 * (HISTORY - 1)


def load(folder: Path, **attributes: Any) -> LoadedModel:
    write_model(folder, "aws-user-personalization", **attributes)
    return LoadedModel(open_artefact(folder))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    folder = tmp_path_factory.mktemp("model")
    return load(folder, events_through_ms=THROUGH_MS, unsettled=["late-0"])


def event(record: str, item: str = "i00", **changes: Any) -> VisitorEvent:
    plain: dict[str, Any] = {"sent_ms": THROUGH_MS, "known_ms": THROUGH_MS + 1, "owner": "user", "type": "click"}
    return VisitorEvent(record=record, item=item, **{**plain, **changes})


def items(history: History) -> list[str]:
    return [ITEMS[row] for row in history.items]


def trained(user: str) -> list[str]:
    return [ITEMS[row] for row in shop().history(USERS.index(user))[0]]


def test_a_known_user_without_events_has_the_trained_history(model: LoadedModel) -> None:
    history = merge(model, "u03", [])
    assert items(history) == trained("u03")
    assert history.times[-1] == LAST_S


def test_events_follow_by_time_and_may_fall_between_trained_ones(model: LoadedModel) -> None:
    late, early = event("a-0", "i38"), event("b-0", "i36", sent_ms=(LAST_S - 30) * 1000)
    assert items(merge(model, "u03", [early, late])) == [*trained("u03")[:-1], "i36", trained("u03")[-1], "i38"]


def test_what_training_has_frozen_is_not_added_again(model: LoadedModel) -> None:
    frozen = event("a-0", known_ms=THROUGH_MS)
    assert items(merge(model, "u03", [frozen, event("late-0")])) == trained("u03")
    assert items(merge(model, "u03", [event("b-0", "i38")])) == [*trained("u03"), "i38"]


def test_a_model_without_marks_counts_every_streamed_event(tmp_path: Path) -> None:
    assert items(merge(load(tmp_path), "u03", [event("a-0", "i38", known_ms=1)])) == [*trained("u03"), "i38"]


def test_a_stranger_has_streamed_events_alone_or_nothing(model: LoadedModel) -> None:
    assert items(merge(model, "stranger", [])) == []
    assert items(merge(model, "stranger", [event("a-0", "i38"), event("b-0", "unknown")])) == ["i38"]


def test_events_of_a_session_count_while_the_id_is_no_users(model: LoadedModel) -> None:
    visit = event("a-0", "i38", owner="session")
    assert items(merge(model, "visit", [visit])) == ["i38"]
    assert items(merge(model, "visit", [visit, event("b-0", "i36")])) == ["i36"]
    assert items(merge(model, "u03", [visit])) == trained("u03")


def test_a_session_of_before_the_freeze_still_counts_for_itself(model: LoadedModel) -> None:
    """No training counts a session without a user, so nothing of it is in any trained history."""
    assert items(merge(model, "visit", [event("a-0", "i38", owner="session", known_ms=1)])) == ["i38"]


def test_only_the_kind_of_event_that_the_model_learned_from_counts(tmp_path: Path) -> None:
    model = load(tmp_path, event_type="Buy", event_value_threshold=3.0)
    events = [
        event("a-0", "i38"),
        event("b-0", "i36", type="buy", value=3.0),
        event("c-0", "i34", type="BUY", value=2.9),
        event("d-0", "i32", type="Buy"),
    ]
    assert items(merge(model, "stranger", events)) == ["i36"]


events = some.builds(
    event,
    some.integers(0, 10**6).map(lambda number: f"{number}-0"),
    some.sampled_from([*ITEMS[:4], "unknown"]),
    sent_ms=some.integers(0, 2 * LAST_S * 1000),
    known_ms=some.sampled_from([THROUGH_MS, THROUGH_MS + 1]),
    owner=some.sampled_from(["user", "session"]),
)


@given(some.lists(events, unique_by=lambda each: each.record), some.sampled_from(["u00", "stranger"]))
def test_a_history_is_sorted_and_holds_each_event_once(
    model: LoadedModel, streamed: list[VisitorEvent], visitor: str
) -> None:
    streamed.sort(key=lambda each: each.sent_ms)
    history = merge(model, visitor, streamed)
    assert (np.diff(history.times) >= 0).all()
    known = [each for each in streamed if each.item != "unknown"]
    as_user = [each for each in known if each.owner == "user" and each.known_ms > THROUGH_MS]
    is_user = visitor == "u00" or any(each.owner == "user" for each in streamed)
    added = as_user if is_user else known
    assert len(history.items) == len(added) + (HISTORY if visitor == "u00" else 0)
    assert history.items.dtype == np.int32 and history.times.dtype == np.int64


def test_events_weigh_as_in_training_be_they_trained_or_streamed(model: LoadedModel, tmp_path: Path) -> None:
    kinds = (EventParameters("buy", None, 0.9), EventParameters("click", None, 0.3))
    given = np.linspace(0.5, 1.5, len(shop()))
    weighing = load(tmp_path, event_weights=given, **{MEAN_WEIGHT: 0.6}, **as_attributes(kinds))
    user = USERS[3]
    streamed = [event("a", type="Buy", sent_ms=5_000), event("b"), event("c", type="view")]
    history = merge(weighing, user, streamed)
    assert history.weights is not None
    assert len(history.weights) == len(history.items) == HISTORY + 2
    # The oldest of all is the purchase: three halves of the mean; the newest is the click, half of it.
    expected = [1.5, *given[3 * HISTORY : 4 * HISTORY], 0.5]
    assert history.weights == pytest.approx(expected)
    assert merge(weighing, "nobody", []).weights is not None
    assert merge(model, user, [event("b")]).weights is None
