"""A search for hyperparameters or recipes as data: what may be tried, what was tried, what came of it.

    jobs/{version}/{attempt}/search/
        search.json                     a Search: written by the plan, never changed
        round-00/specification.json     a ProposeSpecification; its result.json, a Proposal, says what to try
        trial-000/specification.json    a TrialSpecification; its result.json a TrialResult, or failure.json
        report.json                     a SearchReport: every trial and the best, once the search is over

Every file depends on those before it alone, so whoever does a step again writes the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from reco.recipes.search_space import Range


@dataclass(frozen=True)
class Candidate:
    """One recipe that a search tries, and the ranges it is searched in."""

    recipe_arn: str
    hyperparameters: dict[str, str]
    """What the caller fixed."""
    ranges: tuple[Range, ...]


@dataclass(frozen=True)
class Search:
    """One search. It begins with every candidate as it starts, and goes on within the ranges of the best."""

    metric: str
    """What is to be as large as possible."""
    candidates: tuple[Candidate, ...]
    """One for a search of hyperparameters, several for AutoML."""
    most_trials: int
    parallel: int
    """Trials in one round; they run at once."""
    seed: int


@dataclass(frozen=True)
class Trial:
    """One model to train and measure."""

    number: int
    """From 0, in the order of proposal."""
    recipe_arn: str
    hyperparameters: dict[str, str]
    """algorithmHyperParameters: the caller's and those searched."""
    searched: list[str]
    """Names of the searched ones."""


@dataclass(frozen=True)
class TrialReport:
    """A trial that has ended."""

    trial: Trial
    metrics: dict[str, float]
    """By Personalize's names, four decimals; empty of one that failed."""
    seconds: float
    failure: str | None = None
    """Why it failed."""

    def value(self, metric: str) -> float | None:
        """What it reached; None when it failed, or does not report this metric."""
        return None if self.failure else self.metrics.get(metric)


@dataclass(frozen=True)
class SearchReport:
    """A search that is over."""

    metric: str
    best: int
    """Number of the trial that reached most; of several the first."""
    trials: tuple[TrialReport, ...]

    def chosen(self) -> TrialReport:
        return next(each for each in self.trials if each.trial.number == self.best)

    def summary(self) -> dict[str, Any]:
        """What fits on one line."""
        return {
            "metric": self.metric,
            "value": self.chosen().value(self.metric),
            "best": self.best,
            "trials": len(self.trials),
            "failed": sum(each.failure is not None for each in self.trials),
        }

    def lines(self) -> list[dict[str, Any]]:
        """Every trial, shortly: what the artefact keeps."""
        return [
            {
                "trial": each.trial.number,
                "recipe": each.trial.recipe_arn.rpartition("/")[2],
                "hyperparameters": each.trial.hyperparameters,
                **({"failure": each.failure} if each.failure else {"value": each.value(self.metric)}),
            }
            for each in self.trials
        ]


@dataclass(frozen=True)
class ProposeSpecification:
    """Everything the container needs to propose the trials of one round."""

    attempt_uri: str
    """s3:// folder of the round."""
    search: Search
    known: tuple[TrialReport, ...]
    """All trials so far, by number."""
    count: int
    """Trials wanted."""
    training: str | None = None
    """Address of the training's specification, whose input is frozen first; None when that was done."""
    kms_key_arn: str | None = None
    """The dataset group's key, under which everything is written; None: as the bucket encrypts."""
    command: Literal["propose"] = "propose"
    format_version: int = 1


@dataclass(frozen=True)
class Proposal:
    """What to try next; nothing when there is nothing new within the ranges."""

    trials: tuple[Trial, ...] = ()


@dataclass(frozen=True)
class TrialSpecification:
    """Everything the container needs for one trial."""

    attempt_uri: str
    """s3:// folder of the trial."""
    training: str
    """Address of the specification of the training that the search is for: the data, and how they are read."""
    trial: Trial
    kms_key_arn: str | None = None
    """As a proposal's."""
    command: Literal["trial"] = "trial"
    format_version: int = 1


@dataclass(frozen=True)
class TrialResult:
    """What a finished trial reports."""

    metrics: dict[str, float]
    """Of validation users, by Personalize's names, four decimals."""
    seconds: float
    notes: dict[str, Any] = field(default_factory=dict)


def search_from(data: Mapping[str, Any]) -> Search:
    candidates = tuple(
        Candidate(
            **{**each, "ranges": tuple(Range(**{**one, "values": tuple(one["values"])}) for one in each["ranges"])}
        )
        for each in data["candidates"]
    )
    return Search(**{**data, "candidates": candidates})


def search_from_json(text: str) -> Search:
    return search_from(json.loads(text))


def propose_from(data: Mapping[str, Any]) -> ProposeSpecification:
    known = tuple(_report(each) for each in data["known"])
    return ProposeSpecification(**{**data, "search": search_from(data["search"]), "known": known})


def propose_from_json(text: str) -> ProposeSpecification:
    return propose_from(json.loads(text))


def trial_from(data: Mapping[str, Any]) -> TrialSpecification:
    return TrialSpecification(**{**data, "trial": Trial(**data["trial"])})


def proposal_from_json(text: str) -> Proposal:
    return Proposal(tuple(Trial(**each) for each in json.loads(text)["trials"]))


def trial_result_from_json(text: str) -> TrialResult:
    return TrialResult(**json.loads(text))


def search_report_from_json(text: str) -> SearchReport:
    data = json.loads(text)
    return SearchReport(**{**data, "trials": tuple(_report(each) for each in data["trials"])})


def _report(data: Mapping[str, Any]) -> TrialReport:
    return TrialReport(**{**data, "trial": Trial(**data["trial"])})
