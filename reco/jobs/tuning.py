"""The search before a training: which trials there are, and what is left to run (docs/adr/0017).

The train machine asks `advance` again and again. Each time it reads what lies in the attempt's search folder and
answers with container runs that are still to be made: a round's proposal, or the round's trials that have not ended.
When nothing is left it writes the report, and the machine goes on to train with the best. Nothing but the folder says
how far the search is, so every step may be repeated, and what has ended is never run again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reco.errors import AlgorithmFault, JobFault, PlatformFault, StaleAttempt, UserFault
from reco.jobs.attempt import JobContext, require
from reco.jobs.failures import OUT_OF_MEMORY, OUT_OF_TIME, reason_of
from reco.jobs.plan import FAILURE, RESULT, SPECIFICATION, attempt_uri, job_name
from reco.jobs.specification import JobFailure, failure_from_json, to_json
from reco.jobs.status import CREATE_IN_PROGRESS
from reco.jobs.tiers import Tier
from reco.jobs.trials import (
    Candidate,
    Proposal,
    ProposeSpecification,
    Search,
    SearchReport,
    Trial,
    TrialReport,
    TrialSpecification,
    proposal_from_json,
    search_from_json,
    search_report_from_json,
    trial_result_from_json,
)
from reco.recipes import recipe_by_arn
from reco.recipes.search_space import (
    OBJECTIVE,
    auto_ml_metric,
    auto_ml_recipes,
    search_limits,
    search_ranges,
)
from reco.storage.resources import Resource

SEARCH = "search.json"
REPORT = "report.json"

AUTO_ML_TUNING_TRIALS = 4
"""After every recipe was tried as it is, how often the best one is tried with other hyperparameters."""
AUTO_ML_PARALLEL = 5

_FAULTS: Mapping[str, type[JobFault]] = {
    "user": UserFault,
    "algorithm": AlgorithmFault,
    "platform": PlatformFault,
}


@dataclass(frozen=True)
class Run:
    """One run of the container, as the state machine needs it: names and addresses."""

    name: str
    """Of its folder: round-00, trial-000."""
    tier: Tier
    command: str
    specification: str
    job_name: str


def wanted_search(wishes: Mapping[str, Any], datasets: Collection[str], seed: int) -> Search | None:
    """The search that a solution version asks for; None when it asks for none.

    Args:
        wishes: the solution's settings as the version has them.
        datasets: types that hold data.

    Raises:
        UserFault: no recipe of the list can be trained on these datasets.
    """
    config = wishes.get("solution_config") or {}
    if wishes.get("perform_auto_ml"):
        auto_ml = config.get("auto_ml_config") or {}
        recipes = auto_ml_recipes(auto_ml.get("recipe_list"), {"INTERACTIONS", *datasets})
        if not recipes:
            raise UserFault("None of the recipes in autoMLConfig.recipeList can be trained: a dataset is missing.")
        candidates = tuple(Candidate(each.arn, {}, search_ranges(each, {}, {})) for each in recipes)
        most = len(candidates) + AUTO_ML_TUNING_TRIALS
        return Search(auto_ml_metric(auto_ml), candidates, most, min(AUTO_ML_PARALLEL, most), seed)
    if not wishes.get("perform_hpo"):
        return None
    recipe = recipe_by_arn(wishes["recipe_arn"])
    hpo = config.get("hpo_config") or {}
    fixed = dict(config.get("algorithm_hyper_parameters") or {})
    most, parallel = search_limits(hpo)
    candidate = Candidate(recipe.arn, fixed, search_ranges(recipe, hpo, fixed))
    return Search(OBJECTIVE, (candidate,), most, parallel, seed)


def search_uri(context: JobContext, version: Resource, attempt: str) -> str:
    """s3:// folder of an attempt's search, with a trailing slash."""
    return attempt_uri(context, version, attempt) + "search/"


def report_of(context: JobContext, version: Resource, attempt: str) -> SearchReport | None:
    """What the attempt's search has found; None while it goes on, and where there is none."""
    text = context.home.read_text(search_uri(context, version, attempt) + REPORT)
    return search_report_from_json(text) if text else None


def advance(context: JobContext, version: Resource, attempt: str, ran: Collection[str]) -> dict[str, Any]:
    """What is left to run of the search.

    Args:
        ran: names of the runs that the machine has just seen the end of; one of them that left neither result nor
            failure has failed.

    Returns:
        more: whether there is anything to run; false once the report is written.
        runs: the runs as dictionaries, all of which may be made at once.

    Raises:
        StaleAttempt: the attempt was replaced, has ended, or the training is being stopped.
        JobFault: nothing could be proposed, or no trial of the first round succeeded.
    """
    record = require(version, attempt)
    if record.outcome or version.status != CREATE_IN_PROGRESS:
        raise StaleAttempt(f"solution version {version.id} is {version.status}")
    plan = record.facts.get("plan")
    walk = _Walk(context, version, attempt, tier=plan["tier"] if plan else "function", ran=frozenset(ran))
    if context.home.read_text(walk.folder + REPORT) is not None:
        return {"more": False, "runs": []}
    reports: list[TrialReport] = []
    for proposal in walk.rounds(reports):
        if proposal is None:
            return walk.answer()
        ended = [walk.report(trial) for trial in proposal.trials]
        if None in ended:
            return walk.answer()
        reports += [each for each in ended if each is not None]
        _require_one_success(reports)
    report = SearchReport(walk.search.metric, _best(reports, walk.search.metric), tuple(reports))
    context.home.write_text(walk.folder + REPORT, to_json(report))
    return {"more": False, "runs": []}


def note_failure(
    context: JobContext, version: Resource, attempt: str, name: str, error: Mapping[str, Any]
) -> dict[str, Any]:
    """Writes down that a run failed, unless it said so itself or had succeeded.

    Raises:
        StaleAttempt: the attempt was replaced.
    """
    require(version, attempt)
    folder = f"{search_uri(context, version, attempt)}{name}/"
    if context.home.read_text(folder + RESULT) is None and context.home.read_text(folder + FAILURE) is None:
        reason = reason_of(error, context.settings.instance_type)
        _write_failure(context, folder, reason, _blame_of(error))
    return {}


class _Walk:
    """One walk through the search folder, round by round, which gathers what is still to run."""

    def __init__(
        self, context: JobContext, version: Resource, attempt: str, *, tier: Tier, ran: frozenset[str]
    ) -> None:
        self.folder = search_uri(context, version, attempt)
        self._context, self._version, self._attempt, self._tier, self._ran = context, version, attempt, tier, ran
        self._training = attempt_uri(context, version, attempt) + SPECIFICATION
        self._runs: list[Run] = []
        text = context.home.read_text(self.folder + SEARCH)
        if text is None:
            raise AlgorithmFault("The search was lost before it began.")
        self.search: Search = search_from_json(text)

    def rounds(self, reports: list[TrialReport]) -> Iterator[Proposal | None]:
        """What each round proposed; None for one whose proposal is still to run, which is the last then.

        `reports` is filled by the caller between two rounds.
        """
        for number in range(self.search.most_trials):
            count = self._wanted(len(reports))
            if count == 0:
                return
            proposal = self._proposal(number, reports, count)
            if proposal is not None and not proposal.trials:
                if not reports:
                    raise AlgorithmFault("The search proposed nothing to try.")
                return
            yield proposal

    def _wanted(self, done: int) -> int:
        """Trials of the next round: every candidate in the first, then as many as may run at once."""
        left = self.search.most_trials - done
        return min(left, self.search.parallel if done else max(self.search.parallel, len(self.search.candidates)))

    def _proposal(self, number: int, reports: list[TrialReport], count: int) -> Proposal | None:
        name = f"round-{number:02d}"
        said = self._result(name)
        if said is not None:
            return proposal_from_json(said)
        failure = self._failure(name)
        if failure is not None:
            raise _FAULTS[failure.blame](failure.reason)
        training = self._training if number == 0 else None
        self._add(
            name,
            ProposeSpecification(f"{self.folder}{name}/", self.search, tuple(reports), count, training),
            # Only the first reads data, to freeze them; proposing alone fits the function whatever the data.
            self._tier if number == 0 else "function",
        )
        return None

    def report(self, trial: Trial) -> TrialReport | None:
        """How the trial ended; None when it is still to run."""
        name = f"trial-{trial.number:03d}"
        said = self._result(name)
        if said is not None:
            result = trial_result_from_json(said)
            if self.search.metric in result.metrics:
                return TrialReport(trial, result.metrics, result.seconds)
            return TrialReport(trial, result.metrics, result.seconds, f"It reports no {self.search.metric}.")
        failure = self._failure(name)
        if failure is not None:
            return TrialReport(trial, {}, 0.0, failure.reason)
        self._add(name, TrialSpecification(f"{self.folder}{name}/", self._training, trial), self._tier)
        return None

    def answer(self) -> dict[str, Any]:
        return {"more": True, "runs": [vars(run) for run in self._runs]}

    def _add(self, name: str, specification: ProposeSpecification | TrialSpecification, tier: Tier) -> None:
        address = f"{specification.attempt_uri}{SPECIFICATION}"
        self._context.home.write_text(address, to_json(specification))
        job = f"{job_name(specification.command, self._version.incarnation, self._attempt)}-{name}"
        self._runs.append(Run(name, tier, specification.command, address, job))

    def _result(self, name: str) -> str | None:
        return self._context.home.read_text(f"{self.folder}{name}/{RESULT}")

    def _failure(self, name: str) -> JobFailure | None:
        text = self._context.home.read_text(f"{self.folder}{name}/{FAILURE}")
        if text is None and name in self._ran:
            return _write_failure(self._context, f"{self.folder}{name}/", "It ended without a result.", "algorithm")
        return failure_from_json(text) if text else None


def _write_failure(context: JobContext, folder: str, reason: str, blame: str) -> JobFailure:
    failure = JobFailure(blame, reason)  # type: ignore[arg-type]
    context.home.write_text(folder + FAILURE, to_json(failure))
    return failure


def _blame_of(error: Mapping[str, Any]) -> str:
    name = str(error.get("Error", ""))
    if name == "UserFault" or name in OUT_OF_TIME or name in OUT_OF_MEMORY:
        return "user"
    return "algorithm" if name == "AlgorithmFault" else "platform"


def _require_one_success(reports: list[TrialReport]) -> None:
    """Gives up after a first round of nothing but failures: they have a cause in common."""
    if all(each.failure for each in reports):
        first = reports[0].failure or ""
        raise UserFault(first if len(reports) == 1 else f"All {len(reports)} trials of the search failed. {first}")


def _best(reports: list[TrialReport], metric: str) -> int:
    values = {each.trial.number: each.value(metric) for each in reports}
    measured = {number: value for number, value in values.items() if value is not None}
    return max(sorted(measured), key=lambda number: measured[number])
