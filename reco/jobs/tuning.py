"""The search before a training: which trials there are, and what is left to run (docs/adr/0017).

The train machine asks `advance` again and again. Each time it reads what lies in the attempt's search folder and
answers with container runs that are still to be made: a round's proposal, or the round's trials that have not ended.
When nothing is left it writes the report, and the machine goes on to train with the best. Nothing but the folder says
how far the search is, so every step may be repeated, and what has ended is never run again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from reco.errors import AlgorithmFault, JobFault, PlatformFault, StaleAttempt, UserFault
from reco.jobs.attempt import JobContext, require
from reco.jobs.failures import OUT_OF_MEMORY, OUT_OF_TIME, reason_of
from reco.jobs.plan import FAILURE, RESULT, SPECIFICATION, attempt_uri, job_name
from reco.jobs.specification import JobFailure, failure_from_json, to_json
from reco.jobs.status import CREATE_IN_PROGRESS
from reco.jobs.tiers import Tier
from reco.jobs.trials import (
    Candidate,
    ProposeSpecification,
    Search,
    SearchReport,
    Trial,
    TrialReport,
    TrialSpecification,
    proposal_from_json,
    propose_from_json,
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

Blame = Literal["user", "algorithm", "platform"]
_FAULTS: Mapping[Blame, type[JobFault]] = {
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
    """The search that a solution version asks for; None when it asks for none, or only updates a trained one.

    Args:
        wishes: the solution's settings as the version has them.
        datasets: types that hold data.

    Raises:
        UserFault: no recipe of the list can be trained on these datasets.
    """
    config = wishes.get("solution_config") or {}
    if wishes.get("training_mode") == "UPDATE":
        return None
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

    Cost: one listing, and as many small reads as the latest round has trials.
    """
    record = require(version, attempt)
    if record.outcome or version.status != CREATE_IN_PROGRESS:
        raise StaleAttempt(f"solution version {version.id} is {version.status}")
    folder = _Folder(context, version, attempt, plan=record.facts["plan"], ran=frozenset(ran))
    runs = [] if folder.has(REPORT) else _left(folder)
    return {"more": bool(runs), "runs": [asdict(run) for run in runs]}


def note_failure(
    context: JobContext, version: Resource, attempt: str, name: str, error: Mapping[str, Any]
) -> dict[str, Any]:
    """Writes down that a run failed, unless it said so itself or had succeeded.

    Raises:
        StaleAttempt: the attempt was replaced.
    """
    record = require(version, attempt)
    folder = f"{search_uri(context, version, attempt)}{name}/"
    if context.home.read_text(folder + RESULT) is None and context.home.read_text(folder + FAILURE) is None:
        reason = reason_of(error, context.settings.instance_type)
        home = context.home.under(record.facts["plan"]["kms_key_arn"])
        home.write_text(folder + FAILURE, to_json(JobFailure(_blame_of(error), reason)))
    return {}


class _Folder:
    """An attempt's search folder: what has ended in it, and how a further run is put there."""

    def __init__(
        self, context: JobContext, version: Resource, attempt: str, *, plan: Mapping[str, Any], ran: frozenset[str]
    ) -> None:
        self._version, self._attempt, self._ran = version, attempt, ran
        self.tier: Tier = plan["tier"]
        self.kms_key_arn: str | None = plan["kms_key_arn"]
        self._home = context.home.under(self.kms_key_arn)
        self.uri = search_uri(context, version, attempt)
        self.training = attempt_uri(context, version, attempt) + SPECIFICATION
        self._names = {each.uri.removeprefix(self.uri) for each in self._home.list(self.uri)}

    def has(self, name: str) -> bool:
        return name in self._names

    def read(self, name: str) -> str:
        text = self._home.read_text(self.uri + name)
        if text is None:
            raise PlatformFault(f"{self.uri}{name} is gone. Train a new solution version.")
        return text

    def write(self, name: str, text: str) -> None:
        self._home.write_text(self.uri + name, text)

    def rounds(self) -> int:
        """How many rounds have been asked for."""
        return sum(name.startswith("round-") and name.endswith(SPECIFICATION) for name in self._names)

    def result(self, run: str) -> str | None:
        return self.read(f"{run}/{RESULT}") if self.has(f"{run}/{RESULT}") else None

    def failure(self, run: str) -> JobFailure | None:
        """Why a run without a result has none; None while it is still to be made."""
        if self.has(f"{run}/{FAILURE}"):
            return failure_from_json(self.read(f"{run}/{FAILURE}"))
        if run not in self._ran:
            return None
        failure = JobFailure("algorithm", "It ended without a result.")
        self.write(f"{run}/{FAILURE}", to_json(failure))
        return failure

    def run(self, name: str, specification: ProposeSpecification | TrialSpecification, tier: Tier) -> Run:
        """Puts a run's specification there; returns what makes it."""
        self.write(f"{name}/{SPECIFICATION}", to_json(specification))
        job = f"{job_name(specification.command, self._version.incarnation, self._attempt)}-{name}"
        return Run(name, tier, specification.command, f"{self.uri}{name}/{SPECIFICATION}", job)


def _left(folder: _Folder) -> list[Run]:
    """What is to run next; nothing once the report is written, which happens here."""
    search = search_from_json(folder.read(SEARCH))
    rounds = folder.rounds()
    if rounds == 0:
        return [_proposing(folder, search, 0, ())]
    latest = f"round-{rounds - 1:02d}"
    known = propose_from_json(folder.read(f"{latest}/{SPECIFICATION}")).known
    said = folder.result(latest)
    if said is None:
        failure = folder.failure(latest)
        if failure is not None:
            raise _FAULTS[failure.blame](failure.reason)
        return [_proposing(folder, search, rounds - 1, known)]
    proposed = proposal_from_json(said).trials
    ended = [_report(folder, search, trial) for trial in proposed]
    if None in ended:
        return [_trying(folder, trial) for trial, report in zip(proposed, ended, strict=True) if report is None]
    known += tuple(each for each in ended if each is not None)
    _require_one_success(known)
    # A proposal of nothing: the ranges are used up before the jobs are.
    if proposed and len(known) < search.most_trials:
        return [_proposing(folder, search, rounds, known)]
    folder.write(REPORT, to_json(SearchReport(search.metric, _best(known, search.metric), known)))
    return []


def _proposing(folder: _Folder, search: Search, number: int, known: tuple[TrialReport, ...]) -> Run:
    """The run that proposes a round. The first proposes every candidate, later ones as many as may run at once."""
    name = f"round-{number:02d}"
    wanted = search.parallel if known else max(search.parallel, len(search.candidates))
    specification = ProposeSpecification(
        f"{folder.uri}{name}/",
        search,
        known,
        min(wanted, search.most_trials - len(known)),
        # Only the first reads data, to freeze them; proposing alone fits the function whatever the data.
        None if known else folder.training,
        kms_key_arn=folder.kms_key_arn,
    )
    return folder.run(name, specification, "function" if known else folder.tier)


def _trying(folder: _Folder, trial: Trial) -> Run:
    name = _name_of(trial)
    specification = TrialSpecification(f"{folder.uri}{name}/", folder.training, trial, kms_key_arn=folder.kms_key_arn)
    return folder.run(name, specification, folder.tier)


def _report(folder: _Folder, search: Search, trial: Trial) -> TrialReport | None:
    """How the trial ended; None when it is still to run."""
    said = folder.result(_name_of(trial))
    if said is not None:
        result = trial_result_from_json(said)
        missing = None if search.metric in result.metrics else f"It reports no {search.metric}."
        return TrialReport(trial, result.metrics, result.seconds, missing)
    failure = folder.failure(_name_of(trial))
    return TrialReport(trial, {}, 0.0, failure.reason) if failure else None


def _name_of(trial: Trial) -> str:
    return f"trial-{trial.number:03d}"


def _blame_of(error: Mapping[str, Any]) -> Blame:
    name = str(error.get("Error", ""))
    if name == "UserFault" or name in OUT_OF_TIME or name in OUT_OF_MEMORY:
        return "user"
    return "algorithm" if name == "AlgorithmFault" else "platform"


def _require_one_success(reports: Sequence[TrialReport]) -> None:
    """Gives up after a first round of nothing but failures: they have a cause in common."""
    if all(each.failure for each in reports):
        first = (reports[0].failure or "") if reports else "Nothing was proposed."
        raise UserFault(first if len(reports) == 1 else f"All {len(reports)} trials of the search failed. {first}")


def _best(reports: Sequence[TrialReport], metric: str) -> int:
    """Number of the first trial that reached most."""
    values = [(value, -each.trial.number) for each in reports if (value := each.value(metric)) is not None]
    return -max(values)[1]
