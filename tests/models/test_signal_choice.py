"""Which signals stay: those that the answers would miss, and no others."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reco.models.conditional_logit import fit_weights
from reco.models.fit_settings import FitSettings
from reco.models.fitting import fit_model
from reco.models.signal_choice import ENOUGH_QUESTIONS, worth_keeping
from reco.models.signals import Signals
from reco.models.training_data import TrainingData
from tests.models.builders import planted_tastes
from tests.models.test_blend_family import VALUES
from tests.models.test_conditional_logit import examples_of

MANY = 4 * ENOUGH_QUESTIONS


def groups_of(*groups: list[int]) -> list[np.ndarray]:
    return [np.array(group) for group in groups]


def slowly_kept(groups: list[np.ndarray], weights: np.ndarray, curvature: np.ndarray, questions: int) -> list[int]:
    """The same rule with the best weights of the others solved for anew each time."""
    count = len(weights)

    def best(kept: list[int]) -> tuple[np.ndarray, float]:
        """Where -(w - weights)' curvature (w - weights) / 2 is largest among those that are 0 elsewhere, and it."""
        held = sorted(int(place) for group in kept for place in groups[group])
        solved = np.zeros(count)
        solved[held] = np.linalg.solve(curvature[np.ix_(held, held)], (curvature @ weights)[held])
        apart = solved - weights
        return solved, float(-apart @ curvature @ apart / 2)

    left = list(range(len(groups)))
    while len(left) > 1:
        now = best(left)[1]
        lost = {group: now - best([each for each in left if each != group])[1] for group in left}
        least = min(left, key=lambda group: lost[group] / len(groups[group]))
        if questions * lost[least] >= len(groups[least]):
            break
        left.remove(least)
    return left


@given(st.integers(0, 10_000), st.integers(1, 5), st.floats(0.001, 0.3))
def test_the_curvature_tells_what_leaving_out_costs(seed: int, count: int, size: float) -> None:
    generator = np.random.default_rng(seed)
    groups = np.array_split(generator.permutation(2 * count), count)
    roots = generator.normal(size=(2 * count, 2 * count))
    curvature = roots @ roots.T / (2 * count) + 0.1 * np.eye(2 * count)
    weights = size * generator.normal(size=2 * count)
    assert worth_keeping(groups, weights, curvature, MANY) == slowly_kept(groups, weights, curvature, MANY)


def test_what_answers_depend_on_stays_and_chance_goes() -> None:
    fitted = fit_weights(examples_of(np.array([1.0, 0.5, 0.0, 0.0, 0.3, 0.0]), count=MANY, items=12), ridge=1e-4)
    kept = worth_keeping(groups_of([0, 1], [2, 3], [4, 5]), fitted.weights, fitted.curvature, MANY)
    assert kept == [0, 2]


def test_of_two_signals_that_say_the_same_one_stays() -> None:
    examples = examples_of(np.array([1.0, 0.0]), count=MANY, items=12)
    for example in examples:
        example.features[1] = example.features[0]
    fitted = fit_weights(examples, ridge=1e-3)
    assert len(worth_keeping(groups_of([0], [1]), fitted.weights, fitted.curvature, MANY)) == 1


def test_with_few_questions_all_stay_and_one_stays_always() -> None:
    nothing, curvature = np.zeros(3), np.eye(3)
    groups = groups_of([0], [1], [2])
    assert worth_keeping(groups, nothing, curvature, ENOUGH_QUESTIONS - 1) == [0, 1, 2]
    assert len(worth_keeping(groups, nothing, curvature, ENOUGH_QUESTIONS)) == 1


def test_a_model_holds_the_signals_that_stayed_and_says_which_did_not() -> None:
    fitted = fit_model(TrainingData(planted_tastes(users=400)[0]), "blend", VALUES, FitSettings())
    said, names = fitted.attributes["blend"], fitted.attributes["signals"]["names"]
    assert said["queries"] >= ENOUGH_QUESTIONS
    assert said["left_out"]
    assert not set(said["left_out"]) & set(names)
    assert said["features"] == [*names, *(f"log {name}" for name in names)]
    assert Signals(fitted).plan.names == tuple(names)
