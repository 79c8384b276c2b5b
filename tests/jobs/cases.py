"""Every kind of job in a bench: what is prepared, the resource whose machine runs, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from reco.arns import Kind
from tests.jobs.bench import CAMPAIGN, IMPORT, OTHER_VERSION, VERSION, Bench
from tests.jobs.recommenders import NARROW, RECOMMENDER, put_recommender, recommender_of, retrain, start, stop, update

END = Callable[[Bench], object]
Case = tuple[str, Callable[[Bench], None], END, object]
"""The ARN, what goes before, what is looked at in the end, and what it then is."""


def imported(bench: Bench) -> object:
    snapshot = bench.dataset.inner["snapshot"]
    made_here = snapshot["made_by"]["attempt"] in snapshot["uri"]
    return bench.job.status, bench.job.failure_reason, snapshot["rows"], made_here, sorted(bench.dataset.inner)


def trained(bench: Bench) -> object:
    version = bench.version
    return version.status, version.failure_reason, version.inner["metrics"], version.body["training_hours"]


def searched(bench: Bench) -> object:
    tuned = bench.version.body["tuned_hpo_params"]["algorithm_hyper_parameters"]
    return bench.version.status, tuned, bench.version.inner["search"]["trials"]


def searching_in_rounds(bench: Bench) -> None:
    """A round of one trial, then another, whose trial fails."""
    bench.put_search(jobs=2, parallel=1)
    bench.failing.add(1)


def searched_in_rounds(bench: Bench) -> object:
    found = bench.version.inner["search"]
    return bench.version.status, found["trials"], found["failed"], found["best"]


def deployed(bench: Bench) -> object:
    campaign = bench.campaign
    update = campaign.inner["update"]
    return (
        campaign.status,
        update["status"],
        campaign.inner["serving"]["version_arn"],
        campaign.body["solution_version_arn"],
    )


def first_deployed(bench: Bench) -> object:
    return bench.campaign.status, bench.campaign.inner["serving"]["digest"]


def incremental(bench: Bench) -> None:
    bench.run(IMPORT, bench.start())
    bench.put_import("tuesday", mode="INCREMENTAL")


def updating(bench: Bench) -> None:
    bench.put_campaign()
    bench.run(CAMPAIGN, bench.start())
    bench.update_campaign()


def training_further(bench: Bench) -> None:
    """The version is one of mode UPDATE, which goes on from an earlier artefact."""
    bench.change_version(training_mode="UPDATE")
    earlier = {"previous": {"uri": "s3://home/models/first/", "digest": "first"}}
    bench.context.table.update(
        Kind.SOLUTION_VERSION, "als/0a1b2c3d", lambda now: replace(now, inner={**now.inner, **earlier})
    )


def retraining(bench: Bench) -> None:
    put_recommender(bench)
    bench.run(RECOMMENDER, bench.start())
    update(bench, columns=NARROW)


def retraining_weekly(bench: Bench) -> None:
    put_recommender(bench)
    bench.run(RECOMMENDER, bench.start())
    retrain(bench)


def starting(bench: Bench) -> None:
    put_recommender(bench)
    bench.run(RECOMMENDER, bench.start())
    stop(bench)
    start(bench)


def recommends(bench: Bench) -> object:
    """Statuses; whether it serves the model that it keeps; and the columns of that."""
    recommender = recommender_of(bench)
    update, inner = recommender.inner.get("update", {}), recommender.inner
    serves_its_own = inner["serving"] == {name: inner["model"][name] for name in ("uri", "digest")}
    return recommender.status, update.get("status"), serves_its_own, inner["columns"] == NARROW


def retrained(bench: Bench) -> object:
    """What `recommends` says, and how the retraining ended."""
    return recommends(bench), recommender_of(bench).inner["retraining"]["status"]


def added(bench: Bench) -> object:
    return bench.get(Kind.DATASET_IMPORT_JOB, "tuesday").status, bench.dataset.inner["snapshot"]["rows"]


CASES: dict[str, Case] = {
    "import": (IMPORT, lambda bench: None, imported, ("ACTIVE", None, 1000, True, ["snapshot"])),
    "incremental import": (IMPORT.replace("monday", "tuesday"), incremental, added, ("ACTIVE", 2000)),
    "train": (VERSION, lambda bench: None, trained, ("ACTIVE", None, {"coverage": 0.5}, 0.01)),
    "update train": (VERSION, training_further, trained, ("ACTIVE", None, {"coverage": 0.5}, 0.01)),
    "search": (
        VERSION,
        lambda bench: bench.put_search(jobs=1, parallel=1),
        searched,
        ("ACTIVE", {"hidden_dimension": "32"}, 1),
    ),
    "search in rounds": (VERSION, searching_in_rounds, searched_in_rounds, ("ACTIVE", 2, 1, 0)),
    "first deploy": (CAMPAIGN, lambda bench: bench.put_campaign(), first_deployed, ("ACTIVE", "first")),
    "deploy": (CAMPAIGN, updating, deployed, ("ACTIVE", "ACTIVE", OTHER_VERSION, OTHER_VERSION)),
    "recommender": (RECOMMENDER, put_recommender, recommends, ("ACTIVE", None, True, False)),
    "retraining": (RECOMMENDER, retraining, recommends, ("ACTIVE", "ACTIVE", True, True)),
    "weekly retraining": (
        RECOMMENDER,
        retraining_weekly,
        retrained,
        (("ACTIVE", None, True, False), "ACTIVE"),
    ),
    "starting": (RECOMMENDER, starting, recommends, ("ACTIVE", None, True, False)),
}
"""By kind of job."""
