"""The temperature that a softmax was drawn with is found again."""

from __future__ import annotations

import numpy as np
import pytest

from reco.models.temperature import FALLBACK, fit_temperature, softmax


@pytest.mark.parametrize("temperature", [0.05, 0.3, 2.0])
def test_the_temperature_of_the_draw_is_recovered(temperature: float) -> None:
    generator = np.random.default_rng(0)
    likings = [generator.normal(size=200).astype(np.float32) for _ in range(400)]
    truths = [generator.choice(200, 5, p=softmax(user, temperature)).astype(np.int32) for user in likings]
    assert fit_temperature(likings, truths) == pytest.approx(temperature, rel=0.1)


def test_no_other_temperature_is_likelier() -> None:
    generator = np.random.default_rng(1)
    likings = [generator.normal(size=50).astype(np.float32) for _ in range(40)]
    truths = [np.array([int(user.argmax()), 3], np.int32) for user in likings]

    def likelihood(temperature: float) -> float:
        return sum(
            float(np.log(softmax(user, temperature)[truth]).mean()) for user, truth in zip(likings, truths, strict=True)
        )

    best = fit_temperature(likings, truths)
    assert likelihood(best) >= max(likelihood(best * factor) for factor in (0.5, 0.9, 0.99, 1.01, 1.1, 2))


def test_held_out_items_that_cannot_be_recommended_do_not_count() -> None:
    likings = [np.array([1.0, 0.5, -np.inf], np.float32)]
    assert fit_temperature(likings, [np.array([2], np.int32)]) == FALLBACK
    with_both = fit_temperature(likings, [np.array([1, 2], np.int32)])
    assert with_both == fit_temperature(likings, [np.array([1], np.int32)])


def test_nothing_to_fit_on_gives_the_fallback() -> None:
    assert fit_temperature([], []) == FALLBACK
