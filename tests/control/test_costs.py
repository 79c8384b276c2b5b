"""What reading costs in calls to DynamoDB, as docs/adr/0002 states it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.control.conftest import INTERACTIONS, Bench
from tests.control.jobs import ready


def calls(bench: Bench, operation: Any, **parameters: Any) -> Counter[str]:
    """The calls to DynamoDB that one operation makes."""
    counted: Counter[str] = Counter()

    def count(model: Any, **_: Any) -> None:
        counted[model.name] += 1

    events = bench.table.client.meta.events
    events.register("before-call.dynamodb", count, unique_id="count")
    try:
        operation(**parameters)
    finally:
        events.unregister("before-call.dynamodb", unique_id="count")
    return counted


def test_describing_reads_one_item_or_two_where_the_parent_decides(bench: Bench) -> None:
    shop = bench.shop()
    client = bench.client

    assert calls(bench, client.describe_campaign, campaignArn=shop.campaign) == {"GetItem": 1}
    assert calls(bench, client.describe_dataset, datasetArn=shop.dataset) == {"GetItem": 1}
    assert calls(bench, client.describe_dataset_import_job, datasetImportJobArn=shop.job) == {"GetItem": 2}
    assert calls(bench, client.describe_solution_version, solutionVersionArn=shop.version) == {"GetItem": 2}


def test_a_page_of_a_list_is_one_query_and_one_batch(bench: Bench) -> None:
    for name in "abcde":
        bench.client.create_dataset_group(name=name)

    assert calls(bench, bench.client.list_dataset_groups) == {"Query": 1, "BatchGetItem": 1}
    assert calls(bench, bench.client.list_schemas) == {"Query": 1}


def test_a_page_reads_no_parent_but_asks_which_of_them_are_being_deleted(bench: Bench) -> None:
    schema = bench.schema()
    datasets = [bench.dataset(bench.group(name), schema) for name in "abc"]
    for number, dataset in enumerate(datasets):
        bench.end_job(bench.import_job(dataset, f"job-{number}"))

    assert calls(bench, bench.client.list_dataset_import_jobs) == {"Query": 2, "BatchGetItem": 1}
    bench.client.delete_dataset(datasetArn=datasets[1])
    assert len(bench.client.list_dataset_import_jobs()["datasetImportJobs"]) == 3
    assert calls(bench, bench.client.list_dataset_import_jobs) == {"Query": 2, "BatchGetItem": 2}
    bench.settle()
    assert len(bench.client.list_dataset_import_jobs()["datasetImportJobs"]) == 2
    assert calls(bench, bench.client.list_dataset_import_jobs) == {"Query": 2, "BatchGetItem": 1}


def test_batch_jobs_ask_after_the_solutions_of_their_versions_alone(bench: Bench) -> None:
    made = ready(bench)
    for number in range(3):
        made.create("batch_inference_job", f"j{number}")

    assert calls(bench, bench.client.list_batch_inference_jobs) == {"Query": 2, "BatchGetItem": 1}


def test_what_only_tells_that_there_is_another_page_is_not_read(bench: Bench) -> None:
    for number in range(101):
        bench.client.create_dataset_group(name=f"g{number}")

    assert calls(bench, bench.client.list_dataset_groups, maxResults=100) == {"Query": 1, "BatchGetItem": 1}


def test_a_create_that_claims_nothing_counts_and_makes_two_writes(bench: Bench) -> None:
    made = calls(bench, bench.client.create_schema, name="s", schema=INTERACTIONS)
    assert made == {"Query": 1, "BatchWriteItem": 1, "PutItem": 1}


def test_a_create_reads_what_it_names_and_makes_three_writes_and_a_touch_for_each_claim(bench: Bench) -> None:
    group, schema = bench.group(), bench.schema()
    asked = {"name": "d", "datasetGroupArn": group, "schemaArn": schema, "datasetType": "Interactions"}

    made = calls(bench, bench.client.create_dataset, **asked)
    assert made == {"GetItem": 2, "BatchWriteItem": 1, "PutItem": 2, "UpdateItem": 2}
