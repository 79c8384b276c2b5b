"""The search before a training, as the workflow function is asked for it step by step."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from reco.arns import Kind
from reco.errors import AlgorithmFault, StaleAttempt, UserFault
from reco.jobs.plan import job_name
from reco.jobs.specification import TrainSpecification, specification_from_json
from reco.jobs.trials import ProposeSpecification, SearchReport, TrialSpecification, search_report_from_json
from tests.jobs import stand_in
from tests.jobs.bench import IMPORT, RECIPE, SOLUTION, VERSION, Bench

POPULAR = "arn:aws:personalize:::recipe/aws-popularity-count"


class Searching:
    """A version whose search has been planned."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.execution, self.attempt = bench.begin(VERSION)
        self.plan = self.step("plan")
        self.folder = self.plan["specification"].replace("specification.json", "search/")

    def step(self, step: str, **more: Any) -> dict[str, Any]:
        return self.bench.step(step, VERSION, self.execution, attempt=self.attempt, **more)

    def look(self, *ran: str) -> list[dict[str, Any]]:
        answer = self.step("search", ran=list(ran))
        assert answer["more"] == bool(answer["runs"])
        return list(answer["runs"])

    def names(self, *ran: str) -> list[str]:
        return [each["name"] for each in self.look(*ran)]

    def read(self, name: str) -> Any:
        text = self.bench.context.home.read_text(f"{self.folder}{name}")
        return None if text is None else json.loads(text)

    def report(self) -> SearchReport:
        return search_report_from_json(json.dumps(self.read("report.json")))

    def finish(self) -> dict[str, Any]:
        self.bench.search(VERSION, self.execution, self.attempt)
        self.bench.run_container(self.plan)
        return self.step("commit")


def test_a_training_that_searches_nothing_has_no_search(bench: Bench) -> None:
    plain = Searching(bench)
    assert plain.plan["search"] is False
    assert plain.read("search.json") is None
    specification = specification_from_json(bench.context.home.read_text(plain.plan["specification"]) or "")
    assert isinstance(specification, TrainSpecification)
    assert specification.search is None


def test_rounds_of_trials_are_handed_out_until_the_jobs_are_used_up(bench: Bench) -> None:
    bench.put_search(jobs=5, parallel=2)
    search = Searching(bench)
    assert search.plan["search"] is True
    seen = []
    runs = search.look()
    while runs:
        seen.append([each["name"] for each in runs])
        assert search.look() == runs, "a repeat says the same"
        for each in runs:
            bench.run_container(each)
        runs = search.look(*seen[-1])
    assert seen == [
        ["round-00"],
        ["trial-000", "trial-001"],
        ["round-01"],
        ["trial-002", "trial-003"],
        ["round-02"],
        ["trial-004"],
    ]
    assert len(search.report().trials) == 5


def test_the_best_trial_is_trained_and_shown(bench: Bench) -> None:
    bench.put_search(jobs=8, parallel=4)
    search = Searching(bench)
    answer = search.finish()
    summary = {
        "metric": "normalized_discounted_cumulative_gain_at_25",
        "value": 1.0,
        "best": 5,
        "trials": 8,
        "failed": 0,
    }
    assert answer["summary"]["search"] == summary
    version = bench.version
    assert version.status == "ACTIVE"
    assert version.body["tuned_hpo_params"] == {"algorithm_hyper_parameters": {"hidden_dimension": "37"}}
    assert version.body["recipe_arn"] == RECIPE
    assert version.body["training_hours"] == round((36.0 + 8 * 3.6) / 3600, 4)
    assert version.inner["search"] == summary
    specification = specification_from_json(bench.context.home.read_text(search.plan["specification"]) or "")
    assert isinstance(specification, TrainSpecification)
    assert specification.search == f"{search.folder}report.json"
    assert [each.trial.number for each in search.report().trials] == list(range(8))


def test_a_recipe_that_was_named_stays_so_and_one_that_was_chosen_is_of_the_deployments_partition(bench: Bench) -> None:
    solution, recipe = (arn.replace("arn:aws:", "arn:aws-cn:") for arn in (SOLUTION, RECIPE))
    bench.put_search()
    bench.change_version(recipe_arn=recipe, solution_arn=solution)
    Searching(bench).finish()
    assert bench.version.body["recipe_arn"] == recipe

    bench.reset().put_auto_ml(POPULAR, RECIPE)
    bench.change_version(recipe_arn=None, solution_arn=solution)
    Searching(bench).finish()
    assert bench.version.body["recipe_arn"] == recipe


def test_everything_is_read_from_one_frozen_input(bench: Bench) -> None:
    bench.run(IMPORT, bench.start())
    bench.put_search(jobs=3, parallel=1)
    search = Searching(bench)
    home = bench.context.home
    search.finish()
    proposals, trials = [], []
    for name in bench.containers[1:-1]:
        specification = specification_from_json(home.read_text(f"{search.folder}{name}/specification.json") or "")
        if isinstance(specification, ProposeSpecification):
            proposals.append(specification.training)
        if isinstance(specification, TrialSpecification):
            trials.append(specification.training)
    training = search.plan["specification"]
    assert proposals == [training, None, None], "the first round freezes"
    assert trials == [training] * 3
    assert bench.containers[-1] == search.attempt, "the training itself comes last"


def test_the_callers_own_hyperparameters_stay_and_those_searched_start_there(bench: Bench) -> None:
    bench.put_search()
    config = bench.version.body["solution_config"]
    fixed = {"hidden_dimension": "40", "bptt": "8"}
    bench.change_version(solution_config={**config, "algorithm_hyper_parameters": fixed})
    search = Searching(bench)
    (candidate,) = search.read("search.json")["candidates"]
    assert candidate["hyperparameters"] == fixed
    assert [(each["name"], each["start"]) for each in candidate["ranges"]] == [("hidden_dimension", "40")]


def test_an_update_keeps_what_was_found_and_searches_nothing(bench: Bench) -> None:
    bench.put_search()
    tuned = {"algorithm_hyper_parameters": {"hidden_dimension": "37"}}
    bench.change_version(training_mode="UPDATE", tuned_hpo_params=tuned)
    search = Searching(bench)
    assert search.plan["search"] is False
    specification = specification_from_json(bench.context.home.read_text(search.plan["specification"]) or "")
    assert isinstance(specification, TrainSpecification)
    assert specification.hyperparameters == {"hidden_dimension": "37"}


def test_a_failed_trial_is_reported_and_the_others_go_on(bench: Bench) -> None:
    bench.put_search(jobs=6, parallel=3)
    bench.failing = {0, 5}
    search = Searching(bench)
    summary = search.finish()["summary"]["search"]
    assert (summary["trials"], summary["failed"], summary["best"]) == (6, 2, 4)
    failures = {each.trial.number: each.failure for each in search.report().trials if each.failure}
    assert failures == {0: "trial 0 found nothing", 5: "trial 5 found nothing"}
    assert search.report().lines()[0]["failure"] == "trial 0 found nothing"
    assert search.read("trial-000/failure.json")["blame"] == "user"


def test_a_first_round_of_failures_alone_ends_the_training_with_their_reason(bench: Bench) -> None:
    bench.put_search(jobs=6, parallel=3)
    bench.failing = {0, 1, 2}
    search = Searching(bench)
    with pytest.raises(UserFault, match="All 3 trials of the search failed"):
        bench.search(VERSION, search.execution, search.attempt)
    assert bench.containers == ["round-00", "trial-000", "trial-001", "trial-002"]


def test_a_proposal_that_failed_fails_the_training_in_its_own_words(bench: Bench) -> None:
    bench.put_search()
    search = Searching(bench)
    cause = json.dumps({"errorMessage": "Create failed. Dataset has fewer than 1000 interactions."})
    search.look()
    search.step("note", run="round-00", error={"Error": "UserFault", "Cause": cause})
    with pytest.raises(UserFault, match="fewer than 1000"):
        search.look("round-00")


def test_a_run_that_ended_without_a_word_has_failed(bench: Bench) -> None:
    bench.put_search(jobs=2, parallel=2)
    search = Searching(bench)
    (proposing,) = search.look()
    bench.run_container(proposing)
    first, second = search.look("round-00")
    bench.run_container(first)
    assert search.look("trial-000", "trial-001") == []
    assert [each.failure for each in search.report().trials] == [None, "It ended without a result."]
    assert search.read(f"{second['name']}/failure.json")["blame"] == "algorithm"


def test_a_proposal_that_ended_without_a_word_is_no_endless_loop(bench: Bench) -> None:
    bench.put_search()
    search = Searching(bench)
    search.look()
    with pytest.raises(AlgorithmFault, match="without a result"):
        search.look("round-00")


def test_what_a_run_said_itself_is_not_overwritten_and_what_succeeded_has_not_failed(bench: Bench) -> None:
    bench.put_search(jobs=1, parallel=1)
    search = Searching(bench)
    bench.run_container(search.look()[0])
    search.step("note", run="round-00", error={"Error": "States.Timeout"})
    assert search.read("round-00/failure.json") is None
    search.step("note", run="trial-000", error={"Error": "UserFault", "Cause": '{"errorMessage": "first"}'})
    search.step("note", run="trial-000", error={"Error": "UserFault", "Cause": '{"errorMessage": "second"}'})
    assert search.read("trial-000/failure.json")["reason"] == "first"


def test_the_ranges_may_be_used_up_before_the_jobs_are(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.put_search(jobs=40, parallel=2)
    search = Searching(bench)
    propose = stand_in.proposal_of
    monkeypatch.setattr(
        stand_in,
        "proposal_of",
        lambda asked: replace(propose(asked), trials=() if asked.known else propose(asked).trials),
    )
    assert search.finish()["summary"]["search"]["trials"] == 2


def test_a_stopped_training_hands_out_no_more(bench: Bench) -> None:
    bench.put_search()
    search = Searching(bench)
    bench.run_container(search.look()[0])
    bench.context.table.update(
        Kind.SOLUTION_VERSION, "als/0a1b2c3d", lambda version: replace(version, status="CREATE STOPPING")
    )
    with pytest.raises(StaleAttempt):
        search.look("round-00")
    assert search.step("fail", error={}) == {"status": "CREATE STOPPED"}


def test_a_replaced_attempt_searches_and_notes_nothing(bench: Bench) -> None:
    bench.put_search()
    search = Searching(bench)
    bench.stop(search.execution)
    bench.begin(VERSION)
    with pytest.raises(StaleAttempt):
        search.look()
    with pytest.raises(StaleAttempt):
        search.step("note", run="trial-000", error={"Error": "UserFault"})
    assert search.read("trial-000/failure.json") is None


def test_large_data_are_tried_on_instances_but_proposals_need_none(bench: Bench) -> None:
    bench.put_search(jobs=2, parallel=1)
    bench.context.table.update(
        Kind.DATASET,
        "shop/INTERACTIONS",
        lambda dataset: replace(
            dataset, inner={"snapshot": {"uri": "s3://home/s/", "digest": "d", "rows": 20_000_000, "made_by": {}}}
        ),
    )
    search = Searching(bench)
    assert search.plan["tier"] == "instance"
    tiers = []
    runs = search.look()
    while runs:
        tiers += [(each["name"], each["tier"]) for each in runs]
        for each in runs:
            bench.run_container(each)
        runs = search.look(*(each["name"] for each in runs))
    assert tiers == [
        ("round-00", "instance"),
        ("trial-000", "instance"),
        ("round-01", "function"),
        ("trial-001", "instance"),
    ]


def test_every_run_has_a_job_name_of_its_own_that_sagemaker_takes(bench: Bench) -> None:
    longest = job_name("propose", "f" * 32, "f" * 16) + "-round-00"
    assert len(longest) <= 63
    bench.put_search(jobs=4, parallel=4)
    search = Searching(bench)
    bench.run_container(search.look()[0])
    names = [each["job_name"] for each in search.look()]
    assert len(set(names)) == 4
    assert all(name.startswith("reco-trial-") and search.attempt in name for name in names)


# AutoML


def test_automl_tries_every_recipe_as_it_is_and_serves_the_best(bench: Bench) -> None:
    bench.put_auto_ml(POPULAR, RECIPE)
    search = Searching(bench)
    planned = search.read("search.json")
    assert [each["recipe_arn"] for each in planned["candidates"]] == [POPULAR, RECIPE]
    assert planned["metric"] == "precision_at_5"
    assert planned["most_trials"] == 6
    (proposing,) = search.look()
    bench.run_container(proposing)
    for each in search.look("round-00"):
        bench.run_container(each)
    trials = [each["trial"] for each in (search.read(f"trial-00{number}/specification.json") for number in range(2))]
    assert [each["recipe_arn"] for each in trials] == [POPULAR, RECIPE]
    search.finish()
    version = bench.version
    assert version.body["recipe_arn"] == RECIPE
    assert version.body["tuned_hpo_params"]["algorithm_hyper_parameters"]["hidden_dimension"] == "33"


def test_automl_alone_tries_what_differs_on_these_data(bench: Bench) -> None:
    bench.put_auto_ml()
    search = Searching(bench)
    names = [each["recipe_arn"].rpartition("/")[2] for each in search.read("search.json")["candidates"]]
    assert names[:3] == ["aws-popularity-count", "aws-user-personalization", "aws-user-personalization-v2"]
    assert "aws-hrnn-coldstart" not in names, "it would train what user-personalization trains"
    assert "aws-hrnn-metadata" not in names, "without metadata it is hrnn"


def test_automl_evaluates_no_other_configuration(bench: Bench) -> None:
    bench.put_auto_ml(RECIPE)
    config = bench.version.body["solution_config"]
    more = {"algorithm_hyper_parameters": {"hidden_dimension": "64"}, "event_value_threshold": "3"}
    bench.change_version(solution_config={**config, **more})
    search = Searching(bench)
    specification = specification_from_json(bench.context.home.read_text(search.plan["specification"]) or "")
    assert isinstance(specification, TrainSpecification)
    assert (specification.hyperparameters, specification.event_value_threshold) == ({}, None)
    assert search.read("search.json")["candidates"][0]["hyperparameters"] == {}
