"""Hyperparameters that several recipes have. Source: control-plane reference, F.4."""

from __future__ import annotations

from reco.recipes.hyperparameters import Hyperparameter


def hidden_dimension(default: int = 149, *, tunable: bool = True) -> Hyperparameter:
    return Hyperparameter(
        "hidden_dimension",
        "integer",
        default,
        "Length of the vector that stands for a user or an item: longer tells finer tastes apart, and costs more.",
        low=32,
        high=256,
        tunable=tunable,
    )


def percentile(name: str, default: float, sentence: str) -> Hyperparameter:
    return Hyperparameter(name, "continuous", default, sentence, low=0.0, high=1.0, place="feature")


def history_lengths(shortest: float, longest: float) -> tuple[Hyperparameter, Hyperparameter]:
    """Which users are learned from, by percentiles of the lengths of their histories."""
    return (
        percentile(
            "min_user_history_length_percentile",
            shortest,
            "Users whose history is shorter than this percentile of all lengths are left out of training.",
        ),
        percentile(
            "max_user_history_length_percentile",
            longest,
            "Users whose history is longer than this percentile of all lengths are left out of training: often robots.",
        ),
    )


HISTORY_LENGTHS_ORDERED = ("min_user_history_length_percentile", "max_user_history_length_percentile")

BPTT = Hyperparameter(
    "bptt",
    "integer",
    32,
    "How many steps back the models of what follows what look: the items touched up to so long before count.",
    low=2,
    high=32,
    tunable=True,
)
RECENCY_MASK = Hyperparameter(
    "recency_mask",
    "boolean",
    True,
    "True lets a user's recent interactions weigh more than old ones; false counts all of a history alike.",
    tunable=True,
)
