"""What a search proposes: within the ranges, new every time, the same again for the same question."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reco.arns import service_arn
from reco.jobs.trials import Candidate, Search, Trial, TrialReport
from reco.recipes import RECIPES, Recipe
from reco.recipes.search_space import AUTO_ML_RECIPES, Range, auto_ml_recipes, search_ranges, searchable
from training_container.proposing import propose

METRIC = "normalized_discounted_cumulative_gain_at_25"
WHOLE = Range("hidden_dimension", "integer", "149", low=32, high=256)
SHARE = Range("discount", "continuous", "0.5", low=0.0, high=1.0)
MASK = Range("recency_mask", "categorical", "true", values=("true", "false"))
STILL = Range("bptt", "integer", "32", low=2, high=32, acts=False)
SEARCHABLE = [recipe for recipe in RECIPES if searchable(recipe)]


def search_in(*ranges: Range, most: int = 40, parallel: int = 5, seed: int = 0) -> Search:
    return Search(METRIC, (Candidate("recipe/one", {"fixed": "7"}, ranges),), most, parallel, seed)


def run(search: Search, value: Callable[[Trial], float | None]) -> list[TrialReport]:
    """The whole search, with what a trial would have measured."""
    known: list[TrialReport] = []
    while len(known) < search.most_trials:
        trials = propose(search, known, min(search.parallel, search.most_trials - len(known))).trials
        if not trials:
            break
        for trial in trials:
            reached = value(trial)
            failure = "bad luck" if reached is None else None
            known.append(TrialReport(trial, {} if reached is None else {METRIC: reached}, 1.0, failure))
    return known


def dimension(trial: Trial) -> int:
    return int(trial.hyperparameters["hidden_dimension"])


@settings(max_examples=20)
@given(
    recipe=st.sampled_from(SEARCHABLE),
    parallel=st.integers(1, 10),
    most=st.integers(1, 14),
    seed=st.integers(0, 3),
    failing=st.sets(st.integers(0, 13)),
)
def test_every_proposal_is_new_within_the_ranges_and_taken_by_the_recipe(
    recipe: Recipe, parallel: int, most: int, seed: int, failing: set[int]
) -> None:
    ranges = search_ranges(recipe, {}, {})
    search = Search(METRIC, (Candidate(recipe.arn, {}, ranges),), most, parallel, seed)
    draw = np.random.default_rng(seed)
    reports = run(search, lambda trial: None if trial.number in failing else float(draw.random()))
    assert [each.trial.number for each in reports] == list(range(len(reports)))
    assert len({str(each.trial.hyperparameters) for each in reports}) == len(reports)
    for each in reports:
        values = recipe.resolve(each.trial.hyperparameters, {}, each.trial.searched)
        assert each.trial.searched == sorted(one.name for one in ranges)
        for one in ranges:
            if one.kind == "categorical":
                assert each.trial.hyperparameters[one.name] in one.values
            else:
                assert one.low <= values[one.name] <= one.high  # type: ignore[operator]
            assert one.acts or each.trial.hyperparameters[one.name] == one.start


def test_the_first_trial_is_where_the_search_starts() -> None:
    first = propose(search_in(WHOLE, SHARE), (), 3).trials[0]
    assert first.hyperparameters == {"fixed": "7", "hidden_dimension": "149", "discount": "0.5"}


def test_the_same_question_has_the_same_answer_and_another_seed_another() -> None:
    reports = run(search_in(WHOLE, SHARE, most=12), lambda trial: dimension(trial) / 256)
    for known in (reports[:5], reports[:10]):
        again = propose(search_in(WHOLE, SHARE), known, 5)
        assert again == propose(search_in(WHOLE, SHARE), known, 5)
        assert again != propose(search_in(WHOLE, SHARE, seed=1), known, 5)
    assert run(search_in(WHOLE, SHARE, most=12), lambda trial: dimension(trial) / 256) == reports


def test_a_guided_search_ends_nearer_to_the_best_than_chance() -> None:
    def value(trial: Trial) -> float:
        return -abs(dimension(trial) - 71) - 40 * abs(float(trial.hyperparameters["discount"]) - 0.83)

    guided = [max(value(each.trial) for each in run(search_in(WHOLE, SHARE, seed=seed), value)) for seed in range(5)]
    by_chance = []
    for seed in range(5):
        draw = np.random.default_rng(seed)
        at = [(int(draw.integers(32, 257)), float(draw.random())) for _ in range(40)]
        by_chance.append(max(-abs(whole - 71) - 40 * abs(share - 0.83) for whole, share in at))
    assert np.mean(guided) > np.mean(by_chance)


def test_ranges_that_are_used_up_end_the_search() -> None:
    assert len(run(search_in(MASK), lambda _: 0.5)) == 2
    small = Range("hidden_dimension", "integer", "33", low=32, high=34)
    reports = run(search_in(small, MASK), lambda trial: dimension(trial) / 256)
    assert len(reports) == 6


def test_what_has_no_effect_is_not_searched() -> None:
    assert len(run(search_in(STILL), lambda _: 0.5)) == 1
    reports = run(search_in(STILL, MASK), lambda _: 0.5)
    assert [each.trial.hyperparameters["bptt"] for each in reports] == ["32", "32"]


def test_a_search_without_ranges_tries_once() -> None:
    assert len(run(search_in(), lambda _: 0.5)) == 1


def candidates(*names: str) -> tuple[Candidate, ...]:
    ranges = {"personal": (WHOLE,), "popular": (), "other": (SHARE,)}
    return tuple(Candidate(name, {}, ranges[name]) for name in names)


def test_every_candidate_is_tried_as_it_starts_before_the_best_is_tuned() -> None:
    search = Search(METRIC, candidates("popular", "personal", "other"), 7, 5, 0)
    reached = {"popular": 0.1, "personal": 0.3, "other": 0.2}
    reports = run(search, lambda trial: reached[trial.recipe_arn])
    recipes = [each.trial.recipe_arn for each in reports]
    assert recipes == ["popular", "personal", "other", *["personal"] * 4]
    assert reports[1].trial.hyperparameters == {"hidden_dimension": "149"}


def test_a_best_candidate_without_ranges_ends_the_search() -> None:
    search = Search(METRIC, candidates("popular", "personal"), 7, 5, 0)
    reports = run(search, lambda trial: float(trial.recipe_arn == "popular"))
    assert len(reports) == 2


def test_a_failed_candidate_is_not_the_best() -> None:
    search = Search(METRIC, candidates("popular", "personal"), 4, 5, 0)
    reports = run(search, lambda trial: None if trial.recipe_arn == "popular" else 0.1)
    assert [each.trial.recipe_arn for each in reports] == ["popular", "personal", "personal", "personal"]


def test_automl_never_tries_two_names_of_one_model() -> None:
    everything = [each.name for each in auto_ml_recipes(None, {"INTERACTIONS", "ITEMS", "USERS"})]
    alone = [each.name for each in auto_ml_recipes(None, {"INTERACTIONS"})]
    assert set(alone) < set(everything) < {each.name for each in AUTO_ML_RECIPES}
    assert everything[0] == "aws-popularity-count"
    assert "aws-hrnn-coldstart" not in everything, "it trains what user-personalization trains"
    both = [service_arn("recipe", name) for name in ("aws-hrnn-coldstart", "aws-user-personalization")]
    assert [each.arn for each in auto_ml_recipes(both, {"INTERACTIONS"})] == both[1:]
    assert [each.arn for each in auto_ml_recipes(both[:1], {"INTERACTIONS"})] == both[:1]


MODULES = ("start", "function", "training", "tuning")


@pytest.mark.parametrize("module", [f"training_container.{name}" for name in MODULES])
def test_the_optimiser_is_loaded_only_to_propose(module: str) -> None:
    code = f"import sys, {module}; assert 'optuna' not in sys.modules and 'sqlalchemy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
    code = "import sys, training_container.proposing; assert 'sqlalchemy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
