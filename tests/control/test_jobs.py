"""Jobs that read and write a caller's bucket: what all four kinds without a machine have in common."""

from __future__ import annotations

from typing import Any

import pytest

from tests.control.conftest import ROLE, TRANSITION_S, Bench, refused
from tests.control.jobs import PARENTS, SENT, Ready, camel, ready

KINDS = sorted(PARENTS)
DELETION = "data_deletion_job"


@pytest.fixture
def made(bench: Bench) -> Ready:
    return ready(bench)


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_whose_work_is_not_there_yet_passes_through_its_states_and_says_so(made: Ready, kind: str) -> None:
    bench = made.bench
    arn = made.create(kind, "mine")
    words = ["PENDING", "IN_PROGRESS", "FAILED"] if kind == DELETION else ["CREATE PENDING", "CREATE IN_PROGRESS"]
    last = words[2] if kind == DELETION else "CREATE FAILED"

    seen = [made.describe(kind, arn)]
    for _ in range(2):
        bench.pass_time(TRANSITION_S)
        seen.append(made.describe(kind, arn))

    assert [each["status"] for each in seen] == [*words[:2], last]
    assert ["failureReason" in each for each in seen] == [False, False, True]
    assert "not available in this version" in seen[-1]["failureReason"]
    times = [each["lastUpdatedDateTime"] for each in seen]
    assert times == sorted(set(times))
    assert len({each["creationDateTime"] for each in seen}) == 1
    assert made.list(kind)[0]["failureReason"] == seen[-1]["failureReason"]
    assert "numDeleted" not in seen[-1]


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_is_described_as_it_was_asked_for(made: Ready, kind: str) -> None:
    parent, asked = made.asked(kind)
    arn = made.create(kind, "mine", tags=[{"tagKey": "team", "tagValue": "search"}])
    shown = made.describe(kind, arn)

    filled: dict[str, dict[str, Any]] = {
        "batch_inference_job": {"numResults": 25, "batchInferenceJobMode": "BATCH_INFERENCE"},
        "batch_segment_job": {"numResults": 25},
        "dataset_export_job": {"ingestionMode": "PUT"},
        "data_deletion_job": {},
    }
    own = {"jobName": "mine", f"{camel(kind)}Arn": arn}
    times = {name: shown[name] for name in ("creationDateTime", "lastUpdatedDateTime")}
    assert shown == {**own, **asked, **filled[kind], "status": shown["status"], **times}
    assert arn == parent.rpartition(":")[0] + f":{kind.replace('_', '-')}/mine"
    tags = made.bench.client.list_tags_for_resource(resourceArn=arn)["tags"]
    assert tags == [{"tagKey": "team", "tagValue": "search"}]


@pytest.mark.parametrize("kind", KINDS)
def test_names_are_taken_once_in_an_account(made: Ready, kind: str) -> None:
    arn = made.create(kind, "mine")

    message = refused(
        "ResourceAlreadyExistsException", made.operation("create", kind), jobName="mine", **made.asked(kind)[1]
    )
    assert message == f"Another resource with Arn {arn} already exists."


@pytest.mark.parametrize("kind", KINDS)
def test_jobs_are_listed_by_their_parent_in_pages(made: Ready, kind: str) -> None:
    parent, _ = made.asked(kind)
    arns = []
    for name in "abc":
        made.bench.pass_time(1)
        arns.append(made.create(kind, name))
    if kind == DELETION:
        arns.reverse()
    member = PARENTS[kind]

    assert [each[f"{camel(kind)}Arn"] for each in made.list(kind)] == arns
    assert [each[f"{camel(kind)}Arn"] for each in made.list(kind, **{member: parent})] == arns
    assert made.list(kind, **{member: parent + "x"}) == []
    paged: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = made.operation("list", f"{kind}s")(maxResults=1, **{member: parent}, **token)
        (summary,) = page[f"{camel(kind)}s"]
        assert next(value for name, value in summary.items() if name.endswith("Arn")) == summary[f"{camel(kind)}Arn"]
        paged.append(summary[f"{camel(kind)}Arn"])
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    assert paged == arns


@pytest.mark.parametrize("kind", KINDS)
def test_a_role_is_required_and_must_look_like_one(made: Ready, kind: str) -> None:
    _, asked = made.asked(kind)
    for role in ("arn:aws:iam::123456789012:user/ada", "arn:aws:iam::12345:role/r"):
        message = refused(
            "InvalidInputException", made.operation("create", kind), jobName="mine", **{**asked, "roleArn": role}
        )
        assert "roleArn" in message
    assert made.list(kind) == []


@pytest.mark.parametrize(
    ("kind", "member", "path", "text"),
    [
        ("batch_inference_job", "jobInput", "http://bucket/in.json", "Invalid S3 input path"),
        ("batch_inference_job", "jobInput", "s3://bucket", "Invalid S3 input path"),
        ("batch_segment_job", "jobInput", "s3://Bad_Bucket/in.json", "Invalid S3 input path"),
        ("batch_inference_job", "jobOutput", "https://bucket/out", "Invalid S3 output path"),
        ("batch_segment_job", "jobOutput", "s3://b", "Invalid S3 output path"),
        ("dataset_export_job", "jobOutput", "http://bucket/out", "Invalid S3 output path"),
        ("data_deletion_job", "dataSource", "http://bucket/users.csv", "Invalid Data location."),
    ],
)
def test_a_place_that_is_not_in_s3_is_refused_in_the_services_words(
    made: Ready, kind: str, member: str, path: str, text: str
) -> None:
    inner = {"jobInput": "s3DataSource", "jobOutput": "s3DataDestination"}
    place = {"dataLocation": path} if member == "dataSource" else {inner[member]: {"path": path}}
    _, asked = made.asked(kind)

    message = refused(
        "InvalidInputException", made.operation("create", kind), jobName="mine", **{**asked, member: place}
    )
    assert message.startswith(text) and path in message and member in message


@pytest.mark.parametrize("kind", ["dataset_export_job", "data_deletion_job"])
def test_what_is_still_being_made_takes_no_jobs(bench: Bench, kind: str) -> None:
    schema, group = bench.schema(), bench.client.create_dataset_group(name="g")["datasetGroupArn"]
    if kind == "dataset_export_job":
        bench.settle()
        asked = {"name": "d", "datasetGroupArn": group, "schemaArn": schema, "datasetType": "Interactions"}
        parent = {"datasetArn": bench.client.create_dataset(**asked)["datasetArn"]}
    else:
        parent = {"datasetGroupArn": group}

    operation = getattr(bench.client, f"create_{kind}")
    refused("ResourceInUseException", operation, jobName="mine", roleArn=ROLE, **parent, **SENT[kind])


def test_jobs_go_with_what_they_were_made_for_and_their_names_are_free_again(made: Ready) -> None:
    client, shop = made.bench.client, made.shop
    arns = {kind: made.create(kind, "mine") for kind in KINDS}
    made.bench.settle()
    client.delete_campaign(campaignArn=shop.campaign)
    made.bench.settle()
    for solution in ("sol", "segments"):
        client.delete_solution(solutionArn=shop.solution.replace("/sol", f"/{solution}"))
    made.bench.settle()
    client.delete_dataset(datasetArn=shop.dataset)
    made.bench.settle()
    client.delete_dataset_group(datasetGroupArn=shop.group)
    made.bench.settle()

    refused("ResourceNotFoundException", client.describe_dataset_group, datasetGroupArn=shop.group)
    refused("ResourceNotFoundException", client.describe_solution, solutionArn=shop.solution)
    for kind, arn in arns.items():
        refused("ResourceNotFoundException", made.operation("describe", kind), **{f"{camel(kind)}Arn": arn})
        assert made.list(kind) == []
    client.delete_schema(schemaArn=shop.schema)
    assert made.bench.table.client.scan(TableName=made.bench.table.name)["Items"] == [], "nothing is left behind"
