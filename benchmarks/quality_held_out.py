"""The rows of MovieLens: users held out in tenths, and everybody's last item."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets import DataSet, movielens_100k, movielens_latest_small
from benchmarks.quality_rows import Clock, Options, PerUser, Row, answer, fit_default, joined, rows_of
from reco.evaluation.baselines import rank_popular, replay_last_seen
from reco.evaluation.holdout import HeldOutUser, choose_test_users, truth_size
from reco.evaluation.metrics import user_metrics
from reco.evaluation.protocols import Split, hold_out_users, last_only, split_leave_one_out

DEPTH = 25
NDCG10, NDCG25, MRR25 = (
    "normalized_discounted_cumulative_gain_at_10",
    "normalized_discounted_cumulative_gain_at_25",
    "mean_reciprocal_rank_at_25",
)
LIKES_FOLDS, LATEST_FOLDS = 10, 4
"""Tenths of the users that are held out, one after another, so that a row takes about two minutes."""


def ml_100k(options: Options) -> list[Row]:
    """Likes of MovieLens 100K, a tenth of the users held out, their last item."""
    data = movielens_100k(options.folder).above(3.6).data_set()
    return _folds(
        data,
        last_only,
        LIKES_FOLDS,
        options,
        {NDCG25: (0.115, 0.130), MRR25: (0.074, 0.085)},
        work="ml-100k",
        dataset="ml-100k, rating > 3.6",
        protocol="held-out users, last item",
        reference="Amazon's published HRNN: NDCG@25 .0918, MRR@25 .0539",
    )


def ml_latest_likes(options: Options) -> list[Row]:
    """Likes of MovieLens latest-small, a tenth of the users held out, their newest tenth."""
    data = movielens_latest_small(options.folder).above(3).data_set()
    return _folds(
        data,
        truth_size,
        LATEST_FOLDS,
        options,
        {NDCG10: (0.090, 0.105)},
        work="ml-latest-likes",
        dataset="ml-latest-small, rating > 3",
        protocol="held-out users, newest 10%",
        reference="ALS .058, EASE .069",
    )


def ml_latest_leave_one_out(options: Options) -> list[Row]:
    """Every rating of MovieLens latest-small, everybody's last."""
    data = movielens_latest_small(options.folder).data_set()
    split = split_leave_one_out(data.interactions, data.users)
    clock = Clock()
    per_user, others = measure_split(split, data, options, clock, unseen=True)
    return rows_of(
        per_user,
        {NDCG10: (0.065, 0.080)},
        others,
        clock,
        work="ml-latest-leave-one-out",
        dataset="ml-latest-small, all ratings",
        protocol="leave-one-out, full ranking, seen items out",
        reference="EASE .041, ALS .025",
        seed=options.seed,
    )


def _folds(
    data: DataSet,
    newest: Callable[[int], int],
    most: int,
    options: Options,
    targets: dict[str, tuple[float | None, float | None]],
    **known: str,
) -> list[Row]:
    """Tenths of the users, by the hash of their ids, each held out once."""
    clock, ours, others = Clock(), [], []
    folds = min(options.folds or most, 10)
    for fold in range(folds):
        chosen = choose_test_users(data.users, data.interactions.lengths, salt=options.seed, fold=fold)
        split = hold_out_users(data.interactions, chosen, newest)
        per_user, beside = measure_split(split, data, options, clock, unseen=True)
        ours.append(per_user)
        others.append(beside)
        options.say(f"fold {fold}: " + ", ".join(f"{name} {per_user[name].mean():.4f}" for name in targets))
    together = {name: joined([each[name] for each in others]) for name in others[0]}
    note = f"{folds} tenths of the users, seen items out"
    return rows_of(joined(ours), targets, together, clock, seed=options.seed, note=note, **known)


def measure_split(
    split: Split, data: DataSet, options: Options, clock: Clock, *, unseen: bool
) -> tuple[PerUser, dict[str, PerUser]]:
    """Our metrics per user, and those of popularity and of replaying what was seen last."""
    model = fit_default(split.training, data.items, options, clock)
    lists = answer(model, split.tested, DEPTH, options, clock, unseen=unseen)
    beside = {
        "popularity": rank_popular(split.training, split.tested, DEPTH, unseen=unseen),
        "last-seen replay": replay_last_seen(split.tested, DEPTH),
    }
    truths = truths_of(split.tested)
    return user_metrics(lists, truths), {name: user_metrics(found, truths) for name, found in beside.items()}


def truths_of(tested: Sequence[HeldOutUser]) -> list[NDArray[np.int32]]:
    return [user.truth for user in tested]
