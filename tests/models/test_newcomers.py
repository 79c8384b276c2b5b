"""What newcomers are shown follows what the request says, as far as there is evidence."""

from __future__ import annotations

from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reco.models import newcomers
from reco.models.interactions import Interactions
from reco.models.newcomers import PRIOR, Labels, Newcomers, fit_newcomers
from reco.models.popularity import newcomer_shares
from reco.models.source import FittedModel
from tests.models.builders import interactions_of

ANYBODY = np.array([0.5, 0.3, 0.2])


def world(*events: tuple[int, str]) -> tuple[Interactions, Labels]:
    values = sorted({value for _, value in events})
    codes = np.array([values.index(value) for _, value in events], np.int32)
    return interactions_of([[item] for item, _ in events], 3), Labels("DEVICE", values, codes)


def test_shares_are_those_of_the_formula() -> None:
    events = [(0, "phone")] * 10 + [(2, "phone")] * 90 + [(0, "desk")] * 100
    interactions, labels = world(*events)
    found = fit_newcomers(interactions, ANYBODY, [labels]).shares_for({"DEVICE": "phone"})
    raw = [
        share * exp(log((count + PRIOR * share) / (100 + PRIOR) / share))
        for share, count in zip(ANYBODY, (10, 0, 90), strict=True)
    ]
    np.testing.assert_allclose(found, np.array(raw) / sum(raw), rtol=1e-6)
    assert found.argmax() == 2


@pytest.mark.parametrize("context", [{}, {"DEVICE": "fridge"}, {"COLOUR": "phone"}, {"DEVICE": ""}])
def test_who_says_nothing_known_is_anybody(context: dict[str, str]) -> None:
    interactions, labels = world(*[(2, "phone")] * 100)
    np.testing.assert_array_equal(fit_newcomers(interactions, ANYBODY, [labels]).shares_for(context), ANYBODY)


def test_a_value_of_few_events_is_not_believed() -> None:
    interactions, labels = world(*[(2, "phone")] * 19)
    assert fit_newcomers(interactions, ANYBODY, [labels]).lifts is None


def test_two_fields_that_say_the_same_are_not_believed_twice() -> None:
    interactions, labels = world(*[(2, "phone")] * 100, *[(0, "desk")] * 100)
    twice = [labels, Labels("SCREEN", labels.values, labels.codes)]
    one = fit_newcomers(interactions, ANYBODY, twice).shares_for({"DEVICE": "phone"})
    both = fit_newcomers(interactions, ANYBODY, twice).shares_for({"DEVICE": "phone", "SCREEN": "phone"})
    assert log(one[2] / one[0]) < log(both[2] / both[0]) < 2 * log(one[2] / one[0])


def test_what_is_said_of_users_counts_for_their_events() -> None:
    interactions = interactions_of([[0, 1], [], [2]], 3)
    labels = Labels.of_users("AGE", ["old", "young"], np.array([1, 0, -1], np.int32), interactions)
    assert labels.codes.tolist() == [1, 1, -1]


def test_tables_stay_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newcomers, "MOST_VALUES", 2)
    monkeypatch.setattr(newcomers, "KEPT_ITEMS", 1)
    events = [(item % 3, value) for value, count in (("a", 30), ("b", 60), ("c", 90)) for item in range(count)]
    found = fit_newcomers(*_with_labels(world(*events)))
    assert found.lifts is not None
    assert found.lifts.values == (("DEVICE", "c"), ("DEVICE", "b"))
    assert np.diff(found.lifts.offsets).tolist() == [1, 1]


def _with_labels(made: tuple[Interactions, Labels]) -> tuple[Interactions, np.ndarray, list[Labels]]:
    return made[0], ANYBODY, [made[1]]


@given(
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["a", "b", "c"])), min_size=1, max_size=200),
    st.dictionaries(st.sampled_from(["DEVICE", "X"]), st.sampled_from(["a", "b", "z"])),
)
def test_shares_are_finite_and_sum_to_1_and_survive_the_artefact(events, context) -> None:  # type: ignore[no-untyped-def]
    interactions, labels = world(*events)
    fitted = fit_newcomers(interactions, newcomer_shares(interactions, recent=True), [labels])
    shares = fitted.shares_for(context)
    assert shares.sum() == pytest.approx(1)
    again = Newcomers.read(FittedModel(fitted.arrays(), fitted.attributes()))
    np.testing.assert_array_equal(again.shares_for(context), shares)


def test_a_model_without_lifts_reads_as_one_for_anybody() -> None:
    found = Newcomers.read(FittedModel({"newcomer_shares": ANYBODY}, {}))
    np.testing.assert_array_equal(found.shares_for({"DEVICE": "phone"}), ANYBODY)
