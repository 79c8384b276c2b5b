"""Log transitions, against the smoothed probabilities they stand for."""

from __future__ import annotations

import numpy as np
import pytest

from reco.models.transitions import log_transitions


def test_a_row_is_the_log_lift_of_smoothed_probabilities_but_for_a_constant() -> None:
    generator = np.random.default_rng(0)
    counts = generator.poisson(0.7, size=(8, 8)).astype(np.float32)
    shares = generator.dirichlet(np.ones(8)).astype(np.float32)
    smoothed = (counts + 20 * shares) / (counts.sum(axis=1, keepdims=True) + 20)
    expected = np.log(smoothed / shares)
    found = log_transitions(counts.copy(), shares, prior=20.0)
    difference = expected - found
    np.testing.assert_allclose(difference, np.repeat(difference[:, :1], 8, axis=1), atol=1e-5)
    assert (found[counts == 0] == 0).all()
    assert (found[counts > 0] > 0).all()


@pytest.mark.filterwarnings("error")
def test_an_item_without_a_share_has_no_lift() -> None:
    found = log_transitions(np.ones((2, 2), np.float32), np.array([1.0, 0.0], np.float32), prior=5.0)
    np.testing.assert_allclose(found, [[np.log(1.2), 0], [np.log(1.2), 0]], rtol=1e-6)
