"""State machines that do not start: the resource is there, and whoever looks later starts them."""

from __future__ import annotations

import pytest

from reco.jobs.status import CREATE_FAILED, CREATE_IN_PROGRESS
from tests.control.conftest import Bench


def test_a_machine_that_did_not_start_is_started_by_a_later_look(bench: Bench) -> None:
    dataset = bench.dataset(bench.group(), bench.schema())
    bench.machines.broken = True
    job = bench.import_job(dataset)
    bench.machines.broken = False

    bench.client.describe_dataset_import_job(datasetImportJobArn=job)
    assert bench.machines.started == [], "it may still be on its way"
    bench.pass_time(61)
    bench.client.describe_dataset_import_job(datasetImportJobArn=job)
    bench.client.describe_dataset_import_job(datasetImportJobArn=job)

    assert len(set(bench.machines.started)) == 1, "every start has the same name, so only one takes effect"
    assert bench.machines.started[0][0] == job


@pytest.mark.parametrize("status", [CREATE_IN_PROGRESS, CREATE_FAILED, "ACTIVE"])
def test_a_machine_that_began_is_left_alone(bench: Bench, status: str) -> None:
    job = bench.import_job(bench.dataset(bench.group(), bench.schema()))
    bench.end_job(job, status)
    started = list(bench.machines.started)

    bench.pass_time(3600)
    bench.client.describe_dataset_import_job(datasetImportJobArn=job)

    assert bench.machines.started == started


def test_an_update_whose_machine_did_not_start_is_started_by_a_later_look(bench: Bench) -> None:
    shop = bench.shop()
    bench.machines.broken = True
    bench.client.update_campaign(campaignArn=shop.campaign, minProvisionedTPS=2)
    bench.machines.broken = False
    before = len(bench.machines.started)

    bench.pass_time(61)
    bench.client.describe_campaign(campaignArn=shop.campaign)

    assert [name[1].rpartition("-")[2] for name in bench.machines.started[before:]] == ["1"]
