"""One recipe measured on one split: what `reco evaluate` reports, as values.

The model is fitted by the code that training uses, on what the protocol lets it learn from.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.artefact import Vocabulary
from reco.errors import UserFault
from reco.evaluation.asking import ask
from reco.evaluation.baselines import rank_popular, replay_last_seen
from reco.evaluation.caveats import caveats_of
from reco.evaluation.holdout import HeldOutUser
from reco.evaluation.intervals import Interval, bootstrap
from reco.evaluation.metrics import DEPTH, coverage, hits_of, recall, user_metrics
from reco.evaluation.protocols import PROTOCOLS, Split
from reco.models.fit_settings import FitSettings
from reco.models.fitting import fit_model
from reco.models.interactions import Interactions, repeat_share
from reco.models.selection import Values
from reco.models.served import serve
from reco.models.source import FittedModel
from reco.models.training_data import TrainingData

MOST_QUESTIONS = 5000
"""More make no figure surer in its second digit."""
NDCG, MRR = "normalized_discounted_cumulative_gain_at_10", "mean_reciprocal_rank_at_25"
SHARES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
"""Of the catalogue, where the curve of popularity has its points."""
_LONGEST = 1500
"""Characters of a learned value that are worth showing."""

MODEL, POPULAR, REPLAY = "model", "popularity", "last-seen replay"


@dataclass(frozen=True)
class Answers:
    """What one way to answer reached."""

    metrics: dict[str, Interval]
    """Seven of Personalize's, and recall_at_25, with the bounds of the 95 % bootstrap interval over users."""
    coverage: float
    recall_by_cut: list[float]
    """At 1, 2 ... 25."""
    by_popularity: list[float]
    """Share of all recommended places that the most popular items hold, by SHARES of the catalogue."""


@dataclass(frozen=True)
class Evaluation:
    """The report, but for how it looks."""

    protocol: str
    seed: int
    data: dict[str, Any]
    """What was there, and what of it was learned from."""
    questions: int
    """Users asked."""
    truth_mean: float
    """Right items a user, mean."""
    answers: dict[str, Answers]
    """Of MODEL, and of POPULAR and REPLAY on the same questions."""
    truth_by_popularity: list[float]
    """Share of the right items that are among the most popular, by SHARES of the catalogue."""
    warnings: list[str]
    learned: dict[str, Any]
    """The fitted model's attributes that are short enough to read."""
    seconds: dict[str, float]
    """On the clock: split, fit, ask."""


def evaluate(
    data: TrainingData,
    users: Vocabulary,
    items: Vocabulary,
    *,
    family: str,
    values: Values,
    protocol: str,
    settings: FitSettings,
    asked: Callable[[int, int], None] = lambda done, of: None,
) -> Evaluation:
    """Splits, fits, asks, compares. The same arguments give the same report, but for the seconds.

    Args:
        protocol: a name of PROTOCOLS.
        asked: told now and then how many of how many questions were answered.
    Raises:
        UserFault: the data cannot be split so; the message says why.
    """
    begun = time.perf_counter()
    split = PROTOCOLS[protocol](data.interactions, users, settings.seed)
    _require_questions(split, protocol)
    split = split.sampled(MOST_QUESTIONS, settings.seed)
    divided = time.perf_counter()
    settings.say(f"fitting {len(split.training):,} interactions of {split.training.user_count:,} users")
    fitted = fit_model(replace(data, interactions=split.training), family, values, settings)
    done = time.perf_counter()
    count = 0

    def progress(more: int) -> None:
        nonlocal count
        count += more
        asked(count, len(split.tested))

    lists = ask(serve(fitted, items), split.tested, DEPTH, threads=settings.threads, done=progress)
    answered = time.perf_counter()
    truths = [user.truth for user in split.tested]
    order = _popularity_rank(split.training)
    named = {MODEL: lists, POPULAR: _best_popular(split, truths), REPLAY: replay_last_seen(split.tested, DEPTH)}
    answers = {name: _judge(found, split.tested, len(items), order, settings.seed) for name, found in named.items()}
    return Evaluation(
        protocol=protocol,
        seed=settings.seed,
        data={
            **describe(data.interactions),
            "interactions learned from": len(split.training),
            "users learned from": int(np.count_nonzero(split.training.lengths)),
        },
        questions=len(split.tested),
        truth_mean=float(np.mean([len(truth) for truth in truths])),
        answers=answers,
        truth_by_popularity=_by_popularity(truths, order),
        warnings=caveats_of(
            split, data.interactions, {name: each.metrics[NDCG].mean for name, each in answers.items()}, protocol
        ),
        learned=_learned(fitted),
        seconds={"split": divided - begun, "fit": done - divided, "ask": answered - done},
    )


def _require_questions(split: Split, protocol: str) -> None:
    if not split.tested:
        raise UserFault(
            f"The protocol {protocol} finds nobody to ask: it needs users with two interactions or more"
            + (" of which the last is among the newest fifth of all." if protocol == "temporal" else ".")
        )
    if not len(split.training):
        raise UserFault(f"The protocol {protocol} leaves nothing to learn from: there are too few users.")


def _best_popular(split: Split, truths: list[NDArray[np.int32]]) -> list[NDArray[np.int32]]:
    """Popular items, with or without those that the user has touched: whichever scores higher."""
    both = [rank_popular(split.training, split.tested, DEPTH, unseen=unseen) for unseen in (True, False)]
    return max(both, key=lambda lists: float(user_metrics(lists, truths)[NDCG].mean()))


def _judge(
    lists: list[NDArray[np.int32]], tested: list[HeldOutUser], item_count: int, order: NDArray[np.int64], seed: int
) -> Answers:
    truths = [user.truth for user in tested]
    sizes = np.array([len(truth) for truth in truths])
    hits = hits_of(lists, truths)
    per_user = {**user_metrics(lists, truths), f"recall_at_{DEPTH}": recall(hits, sizes, DEPTH)}
    return Answers(
        metrics={name: bootstrap(values, seed) for name, values in per_user.items()},
        coverage=coverage(lists, item_count),
        recall_by_cut=[float(recall(hits, sizes, cut).mean()) for cut in range(1, DEPTH + 1)],
        by_popularity=_by_popularity(lists, order),
    )


def _popularity_rank(training: Interactions) -> NDArray[np.int64]:
    """Per item its place by the number of events, from 0; the lower row first among equals."""
    counts = np.bincount(training.items, minlength=training.item_count)
    places = np.empty(training.item_count, np.int64)
    places[np.argsort(-counts, kind="stable")] = np.arange(training.item_count)
    return places


def _by_popularity(lists: list[NDArray[np.int32]], places: NDArray[np.int64]) -> list[float]:
    listed = places[np.concatenate(lists)] if lists else np.empty(0, np.int64)
    if not len(listed):
        return [0.0] * len(SHARES)
    return [float((listed < max(1, share * len(places))).mean()) for share in SHARES]


def describe(interactions: Interactions) -> dict[str, Any]:
    """What is there, in numbers, by names that a person reads."""
    lengths = interactions.lengths[interactions.lengths > 0]
    return {
        "interactions": len(interactions),
        "users": len(lengths),
        "items": interactions.item_count,
        "items touched": int(np.count_nonzero(np.bincount(interactions.items, minlength=1))),
        "interactions a user, median": float(np.median(lengths)),
        "interactions a user, most": int(lengths.max()),
        "share that repeats a pair": round(repeat_share(interactions), 4),
        "first timestamp": int(interactions.times.min()),
        "last timestamp": int(interactions.times.max()),
    }


def _learned(model: FittedModel) -> dict[str, Any]:
    shown = {name: _readable(value) for name, value in model.attributes.items() if name != "family"}
    return {name: value for name, value in shown.items() if len(json.dumps(value, default=str)) <= _LONGEST}


def _readable(value: Any) -> Any:
    """Numbers rounded to four places; parallel lists `..features` and `..weights` as one mapping, zeros left out."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, list | tuple):
        return [_readable(each) for each in value]
    if not isinstance(value, dict):
        return value
    plain = {str(name): _readable(each) for name, each in value.items()}
    for name in [name for name in plain if name.endswith("features")]:
        partner = f"{name.removesuffix('features')}weights"
        features, weights = plain[name], plain.get(partner)
        if isinstance(features, list) and isinstance(weights, list) and len(features) == len(weights):
            del plain[name]
            plain[partner] = {str(each): weight for each, weight in zip(features, weights, strict=True) if weight}
    # Weights that are all zero, such as those of seen items where nobody comes back, say nothing.
    return {name: each for name, each in plain.items() if each != {}}
