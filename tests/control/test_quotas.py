"""Quotas: on by default, refused in the service's words, lifted one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from infra.options import OptionError, read_options
from reco.arns import Kind
from reco.control.quota_reference import as_markdown
from reco.control.quotas import AT_WORK, QUOTAS, quotas_with
from reco.jobs.status import CREATE_FAILED
from reco.wire.service_models import CONTROL, service_model
from tests.control.conftest import INTERACTIONS, RECIPE, ROLE, Bench, refused, settings_with
from tests.control.jobs import ready
from tests.control.test_costs import calls

ACTIVE_TEXT = "resources in ACTIVE state. Please delete some and try again."
AT_WORK_TEXT = "More than {} resources with PENDING or IN_PROGRESS status."


@pytest.fixture(autouse=True)
def by_default(bench: Bench) -> None:
    bench.settings = settings_with(quotas="")


def test_the_page_of_the_documentation_is_what_the_table_says() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "quotas.md"
    assert page.read_text() == as_markdown(), "run python -m reco.control.quota_reference > docs/reference/quotas.md"


def test_every_quota_is_of_a_kind_that_can_be_created() -> None:
    creates = set(service_model(CONTROL).operation_names)
    for quota in QUOTAS:
        assert f"Create{quota.kind.value.title().replace('-', '')}" in creates, quota.name


def test_five_groups_are_the_most_and_one_that_is_being_deleted_leaves_its_place(bench: Bench) -> None:
    client = bench.client
    arns = [client.create_dataset_group(name=f"g{number}")["datasetGroupArn"] for number in range(5)]

    message = refused("LimitExceededException", client.create_dataset_group, name="sixth")
    assert message == f"Cannot create a dataset group. More than 5 {ACTIVE_TEXT}"
    taken = refused("ResourceAlreadyExistsException", client.create_dataset_group, name="g3")
    assert taken == f"Another resource with Arn {arns[3]} already exists."
    assert len(client.list_dataset_groups()["datasetGroups"]) == 5
    bench.settle()
    client.delete_dataset_group(datasetGroupArn=arns[0])
    client.create_dataset_group(name="sixth")


@pytest.mark.parametrize(("quotas", "fits"), [("dataset_groups:7", 7), ("dataset_groups:2", 2)])
def test_a_quota_is_set_by_name(bench: Bench, quotas: str, fits: int) -> None:
    bench.settings = settings_with(quotas=quotas)
    for number in range(fits):
        bench.client.create_dataset_group(name=f"g{number}")
    assert f"More than {fits} " in refused("LimitExceededException", bench.client.create_dataset_group, name="over")


def test_a_lifted_quota_is_not_even_counted(bench: Bench) -> None:
    bench.settings = settings_with(quotas="dataset_groups:none")
    for number in range(8):
        bench.client.create_dataset_group(name=f"g{number}")
    assert "Query" not in calls(bench, bench.client.create_dataset_group, name="another")


def test_a_quota_that_is_far_costs_one_query_that_reads_no_resource(bench: Bench) -> None:
    bench.client.create_schema(name="first", schema=INTERACTIONS)
    counted = calls(bench, bench.client.create_schema, name="second", schema=INTERACTIONS)
    assert counted["Query"] == 1 and "BatchGetItem" not in counted


def test_a_group_has_ten_solutions_and_five_campaigns(bench: Bench) -> None:
    shop, client = bench.shop(), bench.client
    asked = {"datasetGroupArn": shop.group, "recipeArn": RECIPE}
    for number in range(9):
        client.create_solution(name=f"s{number}", **asked)
    message = refused("LimitExceededException", client.create_solution, name="over", **asked)
    assert message == f"Cannot create a solution. More than 10 {ACTIVE_TEXT}"
    for number in range(4):
        bench.campaign(shop.version, f"c{number}")
    message = refused("LimitExceededException", client.create_campaign, name="over", solutionVersionArn=shop.version)
    assert message == f"Cannot create a campaign. More than 5 {ACTIVE_TEXT}"

    bench.end_job(bench.arn(Kind.CAMPAIGN, "c0"), CREATE_FAILED, "no luck")
    bench.campaign(shop.version, "instead")
    elsewhere = bench.group("elsewhere")
    bench.dataset(elsewhere, shop.schema)
    client.create_solution(name="over", datasetGroupArn=elsewhere, recipeArn=RECIPE)


def test_twenty_trainings_at_a_time_are_the_most(bench: Bench) -> None:
    shop, create = bench.shop(), bench.client.create_solution_version
    running = [create(solutionArn=shop.solution)["solutionVersionArn"] for _ in range(20)]
    message = refused("LimitExceededException", create, solutionArn=shop.solution)
    assert message == AT_WORK_TEXT.format(20)
    bench.end_job(running[7])
    create(solutionArn=shop.solution)


def test_five_imports_at_a_time_are_the_most_in_the_whole_account(bench: Bench) -> None:
    schema = bench.schema()
    datasets = [bench.dataset(bench.group(f"g{number}"), schema) for number in range(4)]
    bench.settings = settings_with(quotas="dataset_import_jobs:3")
    jobs = [bench.import_job(dataset, f"j{number}") for number, dataset in enumerate(datasets[:3])]
    asked: dict[str, Any] = {
        "jobName": "over",
        "datasetArn": datasets[3],
        "dataSource": {"dataLocation": "s3://bucket/a.csv"},
        "roleArn": ROLE,
    }
    create = bench.client.create_dataset_import_job
    assert refused("LimitExceededException", create, **asked) == AT_WORK_TEXT.format(3)
    bench.end_job(jobs[0])
    create(**asked)


@pytest.mark.parametrize("kind", ["batch_inference_job", "batch_segment_job", "data_deletion_job"])
def test_jobs_that_have_ended_give_their_place_back(bench: Bench, kind: str) -> None:
    made = ready(bench)
    for number in range(5):
        made.create(kind, f"j{number}")
    create, asked = made.operation("create", kind), made.asked(kind)[1]
    message = refused("LimitExceededException", create, jobName="over", **asked)
    words = "PENDING" if kind == "data_deletion_job" else "PENDING or IN_PROGRESS"
    assert message == f"More than 5 resources with {words} status."
    bench.settle()
    made.create(kind, "over")


def test_what_ended_is_looked_at_once_and_then_taken_off_the_list_of_what_is_at_work(bench: Bench) -> None:
    shop, create = bench.shop(), bench.client.create_solution_version
    bench.settings = settings_with(quotas="solution_versions:3")
    for _ in range(2):
        bench.version(shop.solution)
    assert bench.table.count(Kind.SOLUTION_VERSION, AT_WORK, 10) == 3

    looked = calls(bench, create, solutionArn=shop.solution)
    assert bench.table.count(Kind.SOLUTION_VERSION, AT_WORK, 10) == 1
    counted = calls(bench, create, solutionArn=shop.solution)

    assert looked - counted == {"Query": 1, "BatchGetItem": 1, "BatchWriteItem": 1}
    assert len(bench.client.list_solution_versions()["solutionVersions"]) == 5


def test_what_is_at_work_counts_however_many_have_ended_since(bench: Bench) -> None:
    shop, create = bench.shop(), bench.client.create_solution_version
    bench.settings = settings_with(quotas="solution_versions:2")
    create(solutionArn=shop.solution)
    for _ in range(120):
        bench.version(shop.solution)
    create(solutionArn=shop.solution)
    assert refused("LimitExceededException", create, solutionArn=shop.solution) == AT_WORK_TEXT.format(2)


def test_what_ended_is_taken_off_long_before_a_large_quota_is_reached(bench: Bench) -> None:
    shop, create = bench.shop(), bench.client.create_solution_version
    bench.settings = settings_with(quotas="solution_versions:100000")
    create(solutionArn=shop.solution)
    for _ in range(110):
        bench.version(shop.solution)
    assert bench.table.count(Kind.SOLUTION_VERSION, AT_WORK, 1000) < 20


def test_a_version_that_goes_with_its_solution_leaves_the_list_of_what_is_at_work(bench: Bench) -> None:
    shop = bench.shop()
    bench.client.delete_campaign(campaignArn=shop.campaign)
    bench.settle()
    bench.client.list_campaigns()
    bench.client.delete_solution(solutionArn=shop.solution)
    bench.settle()
    assert bench.client.list_solutions()["solutions"] == []
    assert bench.table.count(Kind.SOLUTION_VERSION, AT_WORK, 10) == 0


def test_every_default_can_be_lifted_and_nothing_else() -> None:
    lifted = quotas_with({quota.name: "none" for quota in QUOTAS})
    assert {quota.limit for quota in lifted.values()} == {None}
    for bad in ({"group": "5"}, {"filters": "0"}, {"filters": "many"}, {"filters": "-1"}, {"event_trackers": "2"}):
        with pytest.raises(ValueError, match=r"quota|whole number"):
            quotas_with(bad)


def test_the_context_takes_text_or_an_object_and_refuses_what_no_function_could_read() -> None:
    assert read_options({"quotas": "filters:60,campaigns:none"}).quotas == "filters:60,campaigns:none"
    assert read_options({"quotas": {"filters": 60, "campaigns": "none"}}).quotas == "filters:60,campaigns:none"
    for bad in ("filters", "filters:0", "trackers:none", {"filters": 1.5}):
        with pytest.raises(OptionError, match="quotas="):
            read_options({"quotas": bad})
