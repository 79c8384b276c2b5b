"""`python -m benchmarks.tune_sessions yoochoose|diginetica`: SLIST's constants by the end of the training sessions.

The latest sessions that training holds (a seventh for yoochoose, a twentieth for diginetica) are asked for, all earlier
ones learned from; the best product of Recall@20 and MRR@20 is taken, one constant at a time, once round.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.datasets import diginetica_sessions, yoochoose_100k
from benchmarks.quality_sessions import every_next, next_item_metrics, sampled
from benchmarks.reference_models import Slist, SlistConstants, best
from reco.models.interactions import Interactions

GRID = {
    "ridge": (10.0, 50.0, 200.0, 2.0),
    "training_decay": (1.0, 0.5, 2.0, 4.0),
    "answer_decay": (1.0, 0.5, 2.0, 4.0),
    "alpha": (0.2, 0.1, 0.5),
    "days": (256.0, 8.0, 2.0),
}


def tune(training: Interactions, share: float, most: int) -> SlistConstants:
    """The best constants found; tells each trial."""
    ends = training.times[training.offsets[1:] - 1]
    late = ends >= np.quantile(ends, 1 - share)
    learned, later = training.of_users(~late), training.of_users(late)
    known = np.bincount(learned.items, minlength=training.item_count) > 0
    asked = sampled([each for each in every_next(later) if known[each.truth[0]]], most, 0)
    sessions = [question.history_items for question in asked]
    tried: dict[SlistConstants, float] = {}

    def trial(constants: SlistConstants) -> float:
        if constants not in tried:
            lists = best(Slist(learned, constants), sessions, 20)
            found = {name: float(values.mean()) for name, values in next_item_metrics(lists, asked).items()}
            tried[constants] = found["recall_at_20"] * found["mean_reciprocal_rank_at_20"]
            print(f"{tried[constants]:.4f}  {found}  {constants}", flush=True)
        return tried[constants]

    chosen = SlistConstants()
    for name, values in GRID.items():
        chosen = max((replace(chosen, **{name: value}) for value in values), key=trial)
    return chosen


if __name__ == "__main__":
    folder = Path(os.environ["RECO_BENCHMARK_DATA"])
    if sys.argv[1] == "yoochoose":
        data, last_day = yoochoose_100k(folder)
        print("best:", tune(data.interactions.of_users(~last_day), 1 / 7, 5000))
    else:
        print("best:", tune(diginetica_sessions(folder).learned.interactions, 1 / 20, 2000))
