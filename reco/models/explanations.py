"""How much of a score each past item is answerable for, exactly.

A folded-in vector is linear in the preferences it was solved from: x = H^-1 sum_i (1 + a_i) y_i, where H holds what
the user touched and how much, not how well it was liked. So the score of item j is a sum over the history,

    y_j . x = sum_i (1 + a_i) y_j' H^-1 y_i

whose terms are the contributions: the user's own likeness of i and j, times what i weighs.

Source: Hu, Koren, Volinsky 2008, section 5.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reco.models.als import Floats, Objective
from reco.models.fold_in import RowSystem


def contributions(
    items: Floats,
    spectrum: Floats,
    objective: Objective,
    rows: NDArray[np.int32],
    weights: Floats,
    targets: NDArray[np.int32],
) -> NDArray[np.float64]:
    """(T, d) what each item of a history adds to each target's product with the folded-in vector; a row sums to it.

    Args:
        items, spectrum, objective, rows, weights: as in `fold_in`. No rows: (T, 0).
        targets: (T,) the items to be explained.
    Cost: that of folding in, + d^2 K or d K^2, + T d K multiplications.
    """
    system = RowSystem.of(items, spectrum, objective, rows, weights)
    of_each = system.solved(np.diag(system.right))
    return np.asarray((items[targets] * system.scale) @ of_each)
