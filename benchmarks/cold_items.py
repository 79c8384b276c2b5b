"""The item-cold row: items that lost all their events, ranked among themselves by what is known of them.

A fifth of the items with five ratings or more lose their events; who had touched some is asked to rank that fifth
alone, from the history on the others. Three draws, all users.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets import DataSet, movielens_genres, movielens_latest_small
from benchmarks.quality_rows import Clock, Lists, Options, PerUser, Row, fit_default, joined, rows_of
from reco.artefact import Vocabulary
from reco.evaluation.holdout import HeldOutUser
from reco.evaluation.metrics import user_metrics
from reco.models import als
from reco.models.cold_items import ColdItems, fit_cold_items
from reco.models.content import ItemContent, content_scores
from reco.models.content_features import NumberColumn, TextColumn, build_content
from reco.models.families.factors import EPOCHS, RECENCY, REGULARISATION, alpha
from reco.models.fold_in import fold_in
from reco.models.interactions import Interactions
from reco.models.query import Query, ServedModel
from reco.models.top_k import top_k

NDCG10 = "normalized_discounted_cumulative_gain_at_10"
DEPTH = 25
DRAWS = 3
COLD_SHARE = 0.2
LEAST_EVENTS = 5
FACTORS = 149
COSINE_SHARE = 0.5
_YEAR = re.compile(r"\s*\((\d{4})\)\s*$")


def item_cold(options: Options) -> list[Row]:
    """What is served, fitted without the cold items' events but with their genres, years and titles."""
    data = movielens_latest_small(options.folder).data_set()
    content = film_content(options.folder, data.items)
    clock = Clock()
    served, beside = [], []
    for draw in range(min(options.folds or DRAWS, DRAWS)):
        cold = draw_cold(data.interactions, options.seed + draw)
        training = data.interactions.without_items(np.isin(np.arange(len(data.items)), cold))
        tested = list(_tested(data, training, cold))
        truths = [user.truth for user in tested]
        model = fit_default(training, data.items, options, clock, content)
        with clock.asking():
            lists = _rank_cold(model, tested, cold)
        served.append(user_metrics(lists, truths))
        parts = _parts(training, content, options)
        beside.append({name: user_metrics(found, truths) for name, found in _lists_of(parts, tested, cold).items()})
        options.say(f"draw {draw}: {served[-1][NDCG10].mean():.4f}")
    together: dict[str, PerUser] = {name: joined([each[name] for each in beside]) for name in beside[0]}
    return rows_of(
        joined(served),
        {NDCG10: (0.150, 0.180)},
        together,
        clock,
        work="item-cold",
        dataset="ml-latest-small, all ratings",
        protocol="items without events, ranked among themselves",
        reference="content cosine .143",
        seed=options.seed,
        note=f"{len(served)} draws of {COLD_SHARE:.0%} of the items with {LEAST_EVENTS} ratings",
    )


def film_content(folder: Path, items: Vocabulary) -> ItemContent:
    """Genres as categories, the year as a number, the rest of the title as text."""
    films = movielens_genres(folder)
    found = [films.get(int(item), ("", "")) for item in items]
    years = [_YEAR.search(title) for title, _ in found]
    return build_content(
        [
            TextColumn.of("GENRES", "category", [None if listed.startswith("(no") else listed for _, listed in found]),
            NumberColumn("YEAR", np.array([float(year[1]) if year else np.nan for year in years])),
            TextColumn.of("TITLE", "text", [_YEAR.sub("", title) for title, _ in found]),
        ],
        len(found),
    )


def draw_cold(interactions: Interactions, seed: int) -> NDArray[np.int64]:
    """Rows of the items that lose their events, rising."""
    able = np.flatnonzero(np.bincount(interactions.items, minlength=interactions.item_count) >= LEAST_EVENTS)
    return np.sort(np.random.default_rng(seed).choice(able, round(COLD_SHARE * len(able)), replace=False))


def _tested(data: DataSet, training: Interactions, cold: NDArray[np.int64]) -> Iterator[HeldOutUser]:
    for user in range(training.user_count):
        touched = np.unique(data.interactions.history(user)[0])
        truth = touched[np.isin(touched, cold)]
        items, times = training.history(user)
        if len(truth) and len(items):
            yield HeldOutUser(items, times, truth)


def _rank_cold(model: ServedModel, tested: list[HeldOutUser], cold: NDArray[np.int64]) -> Lists:
    candidates = cold.astype(np.int32)
    return [model.rank(Query(user.history_items, user.history_times, None, candidates, DEPTH)).items for user in tested]


def _parts(training: Interactions, content: ItemContent, options: Options) -> tuple[als.Fit, als.Objective, ColdItems]:
    pairs = RECENCY.weigh(training)
    objective = als.Objective(alpha=alpha(training), regularisation=REGULARISATION)
    fit = als.fit(pairs, objective, factors=FACTORS, epochs=EPOCHS, seed=options.seed, threads=options.threads)
    counts = np.bincount(training.items, minlength=training.item_count)
    return fit, objective, fit_cold_items(content, fit.items, counts, seed=options.seed)


def _lists_of(
    parts: tuple[als.Fit, als.Objective, ColdItems], tested: list[HeldOutUser], cold: NDArray[np.int64]
) -> dict[str, Lists]:
    """Each part alone, and the two together."""
    fit, objective, found = parts
    lists: dict[str, Lists] = {"content cosine": [], "predicted vectors": [], "both": []}
    for user in tested:
        rows, weights = RECENCY.weigh_one(user.history_items)
        vector = fold_in(fit.items, fit.spectrum, objective, rows, weights)
        likings = found.factors[cold] @ vector
        cosines = content_scores(found.codes, user.history_items, np.ones(len(user.history_items)))[cold]
        both = _standard(likings) + COSINE_SHARE * _standard(cosines)
        for name, scores in zip(lists, (cosines, likings, both), strict=True):
            lists[name].append(cold[top_k(scores, DEPTH)].astype(np.int32))
    return lists


def _standard(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray((scores - scores.mean()) / max(float(scores.std()), 1e-9), np.float32)
