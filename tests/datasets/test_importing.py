"""The whole import over S3: what it uploads, what it refuses, and that a refusal leaves nothing half done."""

import csv
import gzip
import json

import pytest
from botocore.exceptions import ClientError

from reco.artefact import open_artefact
from reco.datasets.snapshot import CatalogueSnapshot, InteractionSnapshot
from reco.errors import CorruptArtefact, PlatformFault, UserFault
from reco.jobs.specification import ImportSpecification, SnapshotReference
from reco.storage.objects import Objects
from tests.aws import SESSION, in_moto
from tests.datasets.builders import INTERACTIONS, ITEMS, schema_text
from training_container.importing import run_import

HEADER = "USER_ID,ITEM_ID,TIMESTAMP\n"
ATTEMPT = "s3://home/jobs/j/a/"
SNAPSHOT = "s3://home/groups/g/INTERACTIONS/s/"


@pytest.fixture
def home(monkeypatch):
    with in_moto(monkeypatch):
        client = SESSION.client("s3")
        for bucket in ("home", "callers"):
            client.create_bucket(Bucket=bucket)
        yield Objects(client)


def rows(count, first=0):
    return "".join(f"u{row % 50},i{row % 30},{1_700_000_000 + row}\n" for row in range(first, first + count))


def put(objects, key, content):
    objects.client.put_object(Bucket="callers", Key=key, Body=content)


def importing(home, workspace, source=None, **changes):
    specification = {
        "job_arn": "arn:aws:personalize:us-east-1:123456789012:dataset-import-job/monday",
        "attempt": "a",
        "attempt_uri": ATTEMPT,
        "source_uri": "s3://callers/clicks.csv",
        "role_arn": None,
        "external_id": "x",
        "dataset_type": "INTERACTIONS",
        "schema": INTERACTIONS,
        "mode": "FULL",
        "previous": None,
        "snapshot_uri": SNAPSHOT,
        "bad_row_share": 0.05,
        "minimum_rows": 100,
        **changes,
    }
    workspace.mkdir(exist_ok=True)
    said = []
    result = run_import(ImportSpecification(**specification), workspace, source or home, home, said.append, threads=2)
    return result, said


def test_events_with_actions_are_imported_and_appended(home, tmp_path):
    names = {"USER_ID": "string", "ACTION_ID": "string", "EVENT_TYPE": "string", "TIMESTAMP": "long"}
    schema = schema_text("ActionInteractions", *({"name": name, "type": kind} for name, kind in names.items()))
    changes = {"dataset_type": "ACTION_INTERACTIONS", "schema": schema, "minimum_rows": 1}
    header = "USER_ID,ACTION_ID,EVENT_TYPE,TIMESTAMP\n"
    put(home, "clicks.csv", (header + "u2,join,Taken,20\nu1,app,Viewed,10\n").encode())
    first, _ = importing(home, tmp_path / "1", **changes)
    put(home, "clicks.csv", (header + "u1,join,Not taken,5\n").encode())
    appended = {"mode": "INCREMENTAL", "previous": first.snapshot, "snapshot_uri": "s3://home/groups/g/second/"}
    second, _ = importing(home, tmp_path / "2", **changes, **appended)
    snapshot = InteractionSnapshot.of(fetched(home, second.snapshot, tmp_path / "3"))
    assert snapshot.items.strings(snapshot.item_rows.tolist()) == ["join", "app", "join"]
    assert snapshot.columns["EVENT_TYPE"].strings() == ["Not taken", "Viewed", "Taken"]


def fetched(home, reference, folder):
    for found in home.list(reference.uri):
        home.download(found.uri, folder / found.uri.rpartition("/")[2])
    return open_artefact(folder, digest=reference.digest, verify=True)


def keys(home):
    return [found.uri for found in home.list("s3://home/")]


def refusal(home, workspace, **changes):
    """The message of an import that must fail; checks that no snapshot was written."""
    with pytest.raises(UserFault) as caught:
        importing(home, workspace, **changes)
    assert not [key for key in keys(home) if key.startswith(SNAPSHOT)]
    assert caught.value.message.startswith("Failed to create a data import job for Interactions dataset...")
    return caught.value.message.partition("...")[2]


def report_of(home):
    report = json.loads(home.read_text(ATTEMPT + "report.json"))
    zipped = home.client.get_object(Bucket="home", Key="jobs/j/a/rejects.csv.gz")["Body"].read()
    return report, list(csv.DictReader(gzip.decompress(zipped).decode().splitlines()))


def test_an_import_uploads_a_snapshot_and_a_report(home, tmp_path):
    put(home, "clicks.csv", HEADER + rows(200) + "u1,,5\nu1,i1,soon\n")
    result, said = importing(home, tmp_path)
    assert (result.rows_read, result.rows_rejected, result.snapshot.rows) == (202, 2, 200)
    assert result.snapshot.items == 30
    assert result.rejected_by_reason == {
        "ITEM_ID: empty, but the schema does not allow null": 1,
        "TIMESTAMP: not a whole number": 1,
    }
    assert (result.report_uri, result.snapshot.uri) == (ATTEMPT, SNAPSHOT)
    snapshot = InteractionSnapshot.of(fetched(home, result.snapshot, tmp_path / "got"))
    assert (snapshot.rows, len(snapshot.users), len(snapshot.items)) == (200, 50, 30)
    report, rejects = report_of(home)
    assert (report["records"], report["accepted"], report["rejected"]) == (202, 200, 2)
    assert report["rejected_by_reason"] == result.rejected_by_reason
    assert report["data_report"] == snapshot.artefact.attributes["data_report"]
    assert rejects[1] == {
        "file": "clicks.csv", "record": "202", "line": "203", "column": "TIMESTAMP", "reason": "not a whole number",
        "value": "soon",
    }  # fmt: skip
    assert "file 1 of 1: clicks.csv, 202 lines" in said


def test_the_manifest_is_the_last_to_be_uploaded(home, tmp_path):
    put(home, "clicks.csv", HEADER + rows(200))
    order = []
    home.client.meta.events.register(
        "before-call.s3.PutObject", lambda params, **_: order.append(params["url_path"].rpartition("/")[2])
    )
    importing(home, tmp_path)
    assert order[-1] == "manifest.json"
    assert order.index("report.json") < order.index("users.bytes.bin")


def test_a_folder_is_all_its_files_but_not_its_empty_markers(home, tmp_path):
    put(home, "clicks/", b"")
    put(home, "clicks/_SUCCESS", b"")
    put(home, "clicks/part-0.csv", HEADER + rows(100))
    put(home, "clicks/part-1.csv.gz", gzip.compress((HEADER + rows(100, first=100)).encode()))
    put(home, "clicks/more/part-2.csv", "TIMESTAMP,USER_ID,ITEM_ID,X\n5,u,i,x\n")
    put(home, "clicks.csv", "not,this,one\n")
    result, _ = importing(home, tmp_path, source_uri="s3://callers/clicks/")
    assert (result.snapshot.rows, result.rows_rejected) == (201, 0)
    report, _ = report_of(home)
    assert [file["name"] for file in report["files"]] == ["more/part-2.csv", "part-0.csv", "part-1.csv.gz"]


def test_the_same_data_give_the_same_digest_and_the_same_report(home, tmp_path):
    put(home, "clicks.csv", HEADER + rows(200) + "u1,,5\n")
    put(home, "other.csv", HEADER + rows(200) + "u1,,5\n")
    digests, etags = set(), set()
    for name in ("one", "two"):
        result, _ = importing(home, tmp_path / name)
        digests.add(result.snapshot.digest)
        etags.add(home.client.head_object(Bucket="home", Key="jobs/j/a/rejects.csv.gz")["ETag"])
    assert len(digests) == len(etags) == 1


def test_too_many_bad_records_fail_with_the_worst_column_first_and_a_report(home, tmp_path):
    put(home, "clicks.csv", HEADER + rows(180) + "u1,i1,soon\n" * 15 + "u1,,5\n" * 5)
    message = refusal(home, tmp_path)
    assert message == (
        "20 of 200 records (10%) are not valid; at most 5% may be. TIMESTAMP: not a whole number (15 records); "
        "ITEM_ID: empty, but the schema does not allow null (5 records). Rejected records are listed in "
        f"{ATTEMPT}rejects.csv.gz. The report is {ATTEMPT}report.json."
    )
    report, rejects = report_of(home)
    assert message.startswith(report["failure"])
    assert len(rejects) == report["rejected"] == 20


@pytest.mark.parametrize(("share", "passes"), [(0.0, False), (0.049, False), (0.05, True), (1.0, True)])
def test_the_share_of_bad_records_is_a_setting_and_zero_is_all_or_nothing(home, tmp_path, share, passes):
    put(home, "clicks.csv", HEADER + rows(190) + "u1,i1,soon\n" * 10)
    if passes:
        assert importing(home, tmp_path, bad_row_share=share)[0].rows_rejected == 10
    else:
        assert "10 of 200 records (5%) are not valid" in refusal(home, tmp_path, bad_row_share=share)


def test_data_without_a_valid_record_fail_whatever_the_share(home, tmp_path):
    put(home, "clicks.csv", HEADER + "u1,i1,soon\n" * 30_000)
    message = refusal(home, tmp_path, bad_row_share=1.0)
    assert message.startswith("Not one of 30000 records is valid. TIMESTAMP: not a whole number (30000 records).")


@pytest.mark.parametrize("content", [HEADER, HEADER + "\n\n"])
def test_a_header_alone_fails(home, tmp_path, content):
    put(home, "clicks.csv", content)
    assert refusal(home, tmp_path).startswith("The data has a header and no records.")


def test_too_few_unique_interactions_fail_with_both_numbers(home, tmp_path):
    put(home, "clicks.csv", HEADER + rows(99) * 3)
    assert refusal(home, tmp_path).startswith("The data has 99 unique interactions; an import needs at least 100.")
    put(home, "clicks.csv", HEADER + rows(100) * 3)
    assert importing(home, tmp_path / "enough")[0].snapshot.rows == 300


def test_missing_columns_fail_by_name(home, tmp_path):
    put(home, "clicks.csv", "USER_ID,item,time\n" + rows(200))
    assert refusal(home, tmp_path).startswith("Input CSV is missing the following columns:[ITEM_ID, TIMESTAMP].")


def test_one_bad_file_of_a_folder_fails_the_import_by_its_name(home, tmp_path):
    put(home, "clicks/1.csv", HEADER + rows(200))
    put(home, "clicks/2.csv.gz", gzip.compress((HEADER + rows(5000)).encode())[:-900])
    assert refusal(home, tmp_path, source_uri="s3://callers/clicks/").startswith("2.csv.gz is not a whole gzip file")


@pytest.mark.parametrize("location", ["s3://callers/none.csv", "s3://callers/none/", "s3://nowhere/clicks.csv"])
def test_data_that_are_not_there_are_named(home, tmp_path, location):
    message = refusal(home, tmp_path, source_uri=location)
    assert message.startswith("Invalid Data location.") and location in message


def test_denied_data_fail_in_the_words_of_personalize(home, tmp_path):
    class Denied(Objects):
        def download(self, address, path):
            raise ClientError({"Error": {"Code": "403", "Message": "Forbidden"}}, "HeadObject")

    with pytest.raises(UserFault, match=r"\.\.\.Insufficient privileges for accessing data in Amazon S3\."):
        importing(home, tmp_path, source=Denied(home.client))


def test_a_storage_that_falters_is_nobodys_fault_but_the_platforms(home, tmp_path):
    class Faltering(Objects):
        def download(self, address, path):
            raise ClientError({"Error": {"Code": "SlowDown", "Message": "later"}}, "GetObject")

    with pytest.raises(PlatformFault, match="SlowDown"):
        importing(home, tmp_path, source=Faltering(home.client))


def test_a_schema_of_another_type_is_refused(home, tmp_path):
    with pytest.raises(UserFault, match="The schema is one of ITEMS, the dataset of INTERACTIONS"):
        importing(home, tmp_path, schema=ITEMS)


def test_incremental_appends_and_leaves_the_old_snapshot_as_it_was(home, tmp_path):
    put(home, "clicks.csv", HEADER + rows(200))
    first, _ = importing(home, tmp_path / "1")
    put(home, "clicks.csv", HEADER + rows(150, first=200))
    second, _ = importing(
        home, tmp_path / "2", mode="INCREMENTAL", previous=first.snapshot, snapshot_uri="s3://home/groups/g/I/t/"
    )
    assert (second.rows_read, second.snapshot.rows) == (150, 350)
    put(home, "clicks.csv", HEADER + rows(350))
    both, _ = importing(home, tmp_path / "3", snapshot_uri="s3://home/groups/g/I/u/")
    assert both.snapshot.digest == second.snapshot.digest
    assert InteractionSnapshot.of(fetched(home, first.snapshot, tmp_path / "got")).rows == 200


def test_incremental_counts_its_own_records_for_the_minimum(home, tmp_path):
    put(home, "clicks.csv", HEADER + rows(200))
    first, _ = importing(home, tmp_path / "1")
    put(home, "clicks.csv", HEADER + rows(99, first=200))
    with pytest.raises(UserFault, match="99 unique interactions"):
        importing(home, tmp_path / "2", mode="INCREMENTAL", previous=first.snapshot)


def test_a_snapshot_that_is_not_what_was_committed_is_not_appended_to(home, tmp_path):
    put(home, "clicks.csv", HEADER + rows(200))
    first, _ = importing(home, tmp_path / "1")
    home.client.put_object(Bucket="home", Key="groups/g/INTERACTIONS/s/item_rows.bin", Body=b"\0" * 800)
    with pytest.raises(CorruptArtefact, match=r"item_rows\.bin"):
        importing(home, tmp_path / "2", mode="INCREMENTAL", previous=first.snapshot, snapshot_uri="s3://home/t/")
    with pytest.raises(CorruptArtefact):
        wrong = SnapshotReference(first.snapshot.uri, "0" * 64, 200)
        importing(home, tmp_path / "3", mode="INCREMENTAL", previous=wrong, snapshot_uri="s3://home/t/")
    assert not list(home.list("s3://home/t/"))


@pytest.mark.parametrize("dataset_type", ["ITEMS", "USERS"])
def test_catalogues_have_no_minimum(home, tmp_path, dataset_type):
    name = dataset_type.capitalize()
    known_by = f"{name[:-1].upper()}_ID"
    schema = schema_text(name, {"name": known_by, "type": "string"}, {"name": "AGE", "type": "int"})
    put(home, "clicks.csv", f"AGE,{known_by}\n7,b\n5,a\n")
    result, _ = importing(home, tmp_path, dataset_type=dataset_type, schema=schema)
    snapshot = CatalogueSnapshot.of(fetched(home, result.snapshot, tmp_path / "got"))
    assert (list(snapshot.ids), snapshot.columns["AGE"].numbers.tolist()) == (["a", "b"], [5, 7])


def test_the_workspace_keeps_no_copy_of_the_source(home, tmp_path):
    put(home, "clicks.csv", HEADER + rows(200) + '"odd\n')
    importing(home, tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.name in ("object", "lines.csv")]
