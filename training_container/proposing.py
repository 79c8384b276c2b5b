"""What to try next, by a tree-structured Parzen estimator.

A proposal depends on the search and on the trials known alone: the sampler is made anew for every round, seeded with
the search's seed and the number of its first trial, and told of the trials in their order. So a round proposed again is
the same round.

Source: Bergstra, Bardenet, Bengio, Kégl, "Algorithms for Hyper-Parameter Optimization", NIPS 2011, section 4, as the
library optuna does it: ten trials by chance, then where good ones were dense and bad ones rare; those of one round keep
away from each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState, create_trial

from reco.jobs.trials import Candidate, Proposal, Search, Trial, TrialReport
from reco.recipes.search_space import Range, number_text

BY_CHANCE = 10
"""Trials drawn evenly from the ranges before the estimator is asked."""
_DRAWS = 50
"""How often a draw that was tried before is drawn again, until the ranges are taken for used up."""
_DIGITS = 4

optuna.logging.set_verbosity(optuna.logging.WARNING)


def propose(search: Search, known: Sequence[TrialReport], count: int) -> Proposal:
    """At most `count` new trials; fewer, or none, when the ranges hold nothing new.

    Candidates that were not tried come first, each as it starts: nothing found is worse than the defaults. The rest
    are drawn in the ranges of the best candidate so far.
    """
    first = len(known)
    tried = {_key(report.trial) for report in known}
    proposed: list[Trial] = []

    def take(candidate: Candidate, values: Mapping[str, str]) -> bool:
        trial = _trial(first + len(proposed), candidate, values)
        if _key(trial) in tried:
            return False
        tried.add(_key(trial))
        proposed.append(trial)
        return True

    seen = {report.trial.recipe_arn for report in known}
    for candidate in search.candidates:
        if candidate.recipe_arn not in seen and len(proposed) < count:
            take(candidate, {each.name: each.start for each in candidate.ranges})
    leader = _leader(search, known)
    if leader is not None:
        draw = _Draws(search, leader, known, seed=search.seed + first)
        failures = 0
        while len(proposed) < count and failures < _DRAWS and draw.ranges:
            failures = 0 if take(leader, draw.next()) else failures + 1
    return Proposal(tuple(proposed))


def _trial(number: int, candidate: Candidate, values: Mapping[str, str]) -> Trial:
    return Trial(number, candidate.recipe_arn, {**candidate.hyperparameters, **values}, sorted(values))


def _key(trial: Trial) -> tuple[str, frozenset[tuple[str, str]]]:
    return trial.recipe_arn, frozenset(trial.hyperparameters.items())


def _leader(search: Search, known: Sequence[TrialReport]) -> Candidate | None:
    """The candidate to go on with: the only one, or the best so far; None before any of several has been measured."""
    if len(search.candidates) == 1:
        return search.candidates[0]
    measured = [(value, -each.trial.number, each) for each in known if (value := each.value(search.metric)) is not None]
    if not measured:
        return None
    best = max(measured)[2].trial.recipe_arn
    return next(each for each in search.candidates if each.recipe_arn == best)


class _Draws:
    """Draws from one candidate's ranges. Those without effect are not drawn from: they stay where they start."""

    def __init__(self, search: Search, candidate: Candidate, known: Sequence[TrialReport], *, seed: int) -> None:
        self.ranges = [each for each in candidate.ranges if each.acts and not _is_point(each)]
        self._still = {each.name: each.start for each in candidate.ranges if each not in self.ranges}
        self._distributions = {each.name: _distribution(each) for each in self.ranges}
        sampler = optuna.samplers.TPESampler(n_startup_trials=BY_CHANCE, seed=seed, constant_liar=True)
        self._study = optuna.create_study(direction="maximize", sampler=sampler)
        for report in known:
            if report.trial.recipe_arn == candidate.recipe_arn:
                self._study.add_trial(self._told(report, search.metric))

    def _told(self, report: TrialReport, metric: str) -> optuna.trial.FrozenTrial:
        value = report.value(metric)
        params = {each.name: _number(report.trial.hyperparameters[each.name], each) for each in self.ranges}
        state = TrialState.FAIL if value is None else TrialState.COMPLETE
        return create_trial(state=state, value=value, params=params, distributions=self._distributions)

    def next(self) -> dict[str, str]:
        drawn = self._study.ask(self._distributions).params
        return {**self._still, **{each.name: _text(drawn[each.name], each) for each in self.ranges}}


def _is_point(given: Range) -> bool:
    return len(given.values) == 1 if given.kind == "categorical" else given.low == given.high


def _distribution(given: Range) -> BaseDistribution:
    if given.kind == "categorical":
        return CategoricalDistribution(given.values)
    if given.kind == "integer":
        return IntDistribution(int(given.low), int(given.high))
    return FloatDistribution(given.low, given.high)


def _text(drawn: Any, given: Range) -> str:
    if given.kind == "categorical":
        return str(drawn)
    # Few digits, so that a person can type the value again; rounding must not leave the range.
    rounded = float(f"{drawn:.{_DIGITS}g}") if given.kind == "continuous" else drawn
    return number_text(min(max(rounded, given.low), given.high), given.kind)


def _number(text: str, given: Range) -> Any:
    if given.kind == "categorical":
        return text
    return int(text) if given.kind == "integer" else float(text)
