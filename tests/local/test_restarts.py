"""A stack with a data directory, stopped and started again: everything acknowledged is as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.journal import DataDirectoryInUse, Journal
from local.world import World
from tests.local.test_notices import times_noted
from tests.local.test_state_machines import Machine, gone, wait_for


@pytest.fixture
def start(small_assembly: Path, tmp_path: Path) -> Any:
    """Starts the small stack on one data directory."""

    def begin() -> World:
        return World(assembly=small_assembly, data_dir=tmp_path / "data", job_module="tests.local.job")

    return begin


def test_items_come_back_whatever_wrote_them(start: Any) -> None:
    def item(name: str, **attributes: Any) -> dict[str, Any]:
        return {"pk": {"S": name}, "sk": {"S": "s"}, **attributes}

    everything = {
        "text": {"S": "ü"},
        "number": {"N": "1.50"},
        "flag": {"BOOL": True},
        "nothing": {"NULL": True},
        "bytes": {"B": b"\x00\xff"},
        "set": {"SS": ["a", "b"]},
        "byte_set": {"BS": [b"a", b"\xfe"]},
        "list": {"L": [{"N": "1"}, {"M": {"deep": {"B": b"\x01"}}}]},
        "map": {"M": {"$bytes": {"S": "no"}, "list": {"L": []}}},
    }
    with start() as world:
        client, table = world.client("dynamodb"), world.outputs["Table"]
        client.put_item(TableName=table, Item=item("put", **everything))
        client.put_item(TableName=table, Item=item("deleted"))
        client.delete_item(TableName=table, Key=item("deleted"))
        client.update_item(
            TableName=table,
            Key=item("updated"),
            UpdateExpression="SET n = :n",
            ExpressionAttributeValues={":n": {"N": "1"}},
        )
        client.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": item(f"b{n}")}} for n in range(3)]})
        client.batch_write_item(RequestItems={table: [{"DeleteRequest": {"Key": item("b1")}}]})
        client.transact_write_items(
            TransactItems=[
                {"Put": {"TableName": table, "Item": item("transacted")}},
                {"Delete": {"TableName": table, "Key": item("b2")}},
            ]
        )
        client.execute_statement(Statement=f"INSERT INTO \"{table}\" VALUE {{'pk': 'partiql', 'sk': 's'}}")
        with pytest.raises(ClientError):
            client.put_item(TableName=table, Item=item("refused"), ConditionExpression="attribute_exists(pk)")
        before = client.scan(TableName=table)["Items"]
    with start() as world:
        after = world.client("dynamodb").scan(TableName=table)["Items"]
    assert {each["pk"]["S"] for each in after} == {"put", "updated", "b0", "transacted", "partiql"}
    assert sorted(map(repr, after)) == sorted(map(repr, before))


def test_items_that_the_functions_in_this_process_wrote_come_back(start: Any) -> None:
    """Their requests are answered without moto (local.plain_requests), and kept nonetheless."""

    def key(name: str) -> dict[str, Any]:
        return {"pk": {"S": name}, "sk": {"S": "s"}}

    with start() as world:
        client, table = world.inner_client("dynamodb"), world.outputs["Table"]
        for name in ("put", "touched", "deleted", "batch deleted"):
            client.put_item(TableName=table, Item={**key(name), "revision": {"N": "0"}})
        client.update_item(
            TableName=table,
            Key=key("touched"),
            UpdateExpression="ADD revision :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )
        client.delete_item(TableName=table, Key=key("deleted"))
        client.batch_write_item(
            RequestItems={
                table: [{"DeleteRequest": {"Key": key("batch deleted")}}, {"PutRequest": {"Item": key("batch put")}}]
            }
        )
        before = client.scan(TableName=table)["Items"]
    with start() as world:
        after = world.inner_client("dynamodb").scan(TableName=table)["Items"]
    assert {each["pk"]["S"] for each in after} == {"put", "touched", "batch put"}
    assert sorted(map(repr, after)) == sorted(map(repr, before))


def test_a_users_own_table_comes_back(start: Any) -> None:
    with start() as world:
        client = world.client("dynamodb")
        for name in ("mine", "dropped"):
            client.create_table(
                TableName=name,
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}],
                BillingMode="PAY_PER_REQUEST",
            )
            client.put_item(TableName=name, Item={"id": {"N": "7"}, "x": {"S": "y"}})
        client.delete_table(TableName="dropped")
    with start() as world:
        client = world.client("dynamodb")
        assert client.get_item(TableName="mine", Key={"id": {"N": "7"}})["Item"]["x"] == {"S": "y"}
        assert "dropped" not in client.list_tables()["TableNames"]


def test_objects_come_back_with_all_that_is_said_of_them(start: Any, tmp_path: Path) -> None:
    body = bytes(range(256)) * 1000
    with start() as world:
        s3, own = world.client("s3"), world.outputs["DataBucket"]
        s3.create_bucket(Bucket="mine")
        s3.put_object(Bucket="mine", Key="a/ü b", Body=body, Metadata={"k": "v"}, ContentType="text/csv", Tagging="t=1")
        s3.put_object(Bucket="mine", Key="empty", Body=b"")
        s3.copy_object(Bucket=own, Key="copy", CopySource={"Bucket": "mine", "Key": "a/ü b"})
        s3.put_object(Bucket=own, Key="replaced", Body=b"1")
        s3.put_object(Bucket=own, Key="replaced", Body=b"2")
        upload = s3.create_multipart_upload(Bucket=own, Key="large")["UploadId"]
        parts = [b"x" * 5 * 1024 * 1024, b"y"]
        tags = [
            s3.upload_part(Bucket=own, Key="large", UploadId=upload, PartNumber=number, Body=part)["ETag"]
            for number, part in enumerate(parts, 1)
        ]
        s3.complete_multipart_upload(
            Bucket=own,
            Key="large",
            UploadId=upload,
            MultipartUpload={"Parts": [{"PartNumber": n, "ETag": tag} for n, tag in enumerate(tags, 1)]},
        )
        for key in ("gone", "gone too", "gone three"):
            s3.put_object(Bucket=own, Key=key, Body=b"x")
        s3.delete_object(Bucket=own, Key="gone")
        s3.delete_objects(Bucket=own, Delete={"Objects": [{"Key": "gone too"}, {"Key": "gone three"}]})
        before = s3.get_object(Bucket="mine", Key="a/ü b")
        large = s3.head_object(Bucket=own, Key="large")["ETag"]
    with start() as world:
        s3 = world.client("s3")
        after = s3.get_object(Bucket="mine", Key="a/ü b")
        assert after["Body"].read() == body
        for name in ("ETag", "ContentType", "Metadata", "LastModified", "ContentLength", "TagCount"):
            assert after[name] == before[name]
        assert s3.get_object(Bucket="mine", Key="empty")["Body"].read() == b""
        assert s3.get_object(Bucket=own, Key="copy")["Body"].read() == body
        assert s3.get_object(Bucket=own, Key="replaced")["Body"].read() == b"2"
        found = s3.get_object(Bucket=own, Key="large")
        assert found["Body"].read() == b"".join(parts) and found["ETag"] == large
        assert s3.get_object(Bucket=own, Key="large", Range="bytes=5242879-5242880")["Body"].read() == b"xy"
        keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=own)["Contents"]]
        assert keys == ["copy", "large", "replaced"]
        s3.delete_object(Bucket=own, Key="replaced")
    bodies = list((tmp_path / "data" / "bodies").iterdir())
    assert len(bodies) == 4


def test_versions_and_delete_markers_come_back(start: Any) -> None:
    def versions(s3: Any) -> Any:
        answer = s3.list_object_versions(Bucket="mine")
        listed = [(entry["VersionId"], entry["IsLatest"]) for entry in answer["Versions"]]
        return listed, [(entry["VersionId"], entry["IsLatest"]) for entry in answer["DeleteMarkers"]]

    with start() as world:
        s3 = world.client("s3")
        s3.create_bucket(Bucket="mine")
        s3.put_bucket_versioning(Bucket="mine", VersioningConfiguration={"Status": "Enabled"})
        first = s3.put_object(Bucket="mine", Key="k", Body=b"1")["VersionId"]
        s3.put_object(Bucket="mine", Key="k", Body=b"2")
        s3.delete_object(Bucket="mine", Key="k")
        before = versions(s3)
    with start() as world:
        s3 = world.client("s3")
        assert versions(s3) == before
        assert s3.get_object(Bucket="mine", Key="k", VersionId=first)["Body"].read() == b"1"


def test_a_buckets_settings_and_its_deletion_come_back(start: Any) -> None:
    deny = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::denied/*"}
        ],
    }
    with start() as world:
        s3 = world.client("s3")
        s3.create_bucket(Bucket="denied")
        s3.put_object(Bucket="denied", Key="k", Body=b"1")
        s3.put_bucket_policy(Bucket="denied", Policy=json.dumps(deny))
        s3.create_bucket(Bucket="dropped")
        s3.delete_bucket(Bucket="dropped")
    with start() as world:
        s3 = world.client("s3")
        with pytest.raises(ClientError, match="403"):
            s3.get_object(Bucket="denied", Key="k")
        assert "dropped" not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]


def test_objects_and_the_state_of_their_keys_come_back(start: Any) -> None:
    with start() as world:
        kms, s3 = world.client("kms"), world.client("s3")
        key = kms.create_key()["KeyMetadata"]
        s3.create_bucket(Bucket="kept")
        s3.put_object(Bucket="kept", Key="k", Body=b"1", ServerSideEncryption="aws:kms", SSEKMSKeyId=key["Arn"])
        kms.disable_key(KeyId=key["KeyId"])
    with start() as world:
        kms, s3 = world.client("kms"), world.client("s3")
        assert s3.head_object(Bucket="kept", Key="k")["SSEKMSKeyId"] == key["Arn"]
        with pytest.raises(ClientError, match=r"KMS\.DisabledException"):
            s3.get_object(Bucket="kept", Key="k")
        kms.enable_key(KeyId=key["KeyId"])
        assert s3.get_object(Bucket="kept", Key="k")["Body"].read() == b"1"


def test_iam_and_kms_come_back_with_the_same_ids_and_secrets(start: Any) -> None:
    trust = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "personalize.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
    )
    with start() as world:
        iam, kms = world.client("iam"), world.client("kms")
        iam.list_policies(MaxItems=1)  # Loads AWS's policies in this run only.
        role = iam.create_role(RoleName="mine", AssumeRolePolicyDocument=trust)["Role"]
        iam.attach_role_policy(RoleName="mine", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
        iam.create_user(UserName="me")
        key = iam.create_access_key(UserName="me")["AccessKey"]
        iam.create_role(RoleName="dropped", AssumeRolePolicyDocument=trust)
        iam.delete_role(RoleName="dropped")
        master = kms.create_key(Description="mine")["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName="alias/mine", TargetKeyId=master)
        secret = kms.encrypt(KeyId=master, Plaintext=b"secret")["CiphertextBlob"]
        with pytest.raises(ClientError):
            iam.create_role(RoleName="mine", AssumeRolePolicyDocument=trust)
    with start() as world:
        iam, kms = world.client("iam"), world.client("kms")
        assert iam.get_role(RoleName="mine")["Role"]["RoleId"] == role["RoleId"]
        assert len(iam.list_attached_role_policies(RoleName="mine")["AttachedPolicies"]) == 1
        assert "dropped" not in [each["RoleName"] for each in iam.list_roles()["Roles"]]
        me = world.client(
            "sts", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
        ).get_caller_identity()
        assert me["Arn"].endswith(":user/me")
        assert kms.decrypt(CiphertextBlob=secret)["Plaintext"] == b"secret"
        assert kms.describe_key(KeyId="alias/mine")["KeyMetadata"]["KeyId"] == master


def test_an_ended_execution_is_remembered_and_its_name_stays_taken(start: Any) -> None:
    with start() as world:
        machine = Machine(world)
        raised = machine.start("raise", "raised")
        before = machine.end(raised)
        stopped = machine.start("wait", "stopped")
        machine.states.stop_execution(executionArn=stopped)
        done = machine.end(machine.start("function", "done", command="train"))
    with start() as world:
        machine = Machine(world)
        after = machine.states.describe_execution(executionArn=raised)
        for name in ("status", "error", "cause", "input", "startDate"):
            assert after[name] == before[name]
        machine.states.stop_execution(executionArn=raised)
        assert machine.states.describe_execution(executionArn=raised)["status"] == "FAILED"
        assert machine.states.describe_execution(executionArn=stopped)["status"] == "ABORTED"
        again = machine.states.describe_execution(executionArn=done["executionArn"])
        assert (again["status"], again["output"]) == ("SUCCEEDED", done["output"])
        assert machine.states.get_execution_history(executionArn=raised)["events"] == []
        with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
            machine.start("wait", "raised")


def test_an_unfinished_execution_runs_again_and_its_job_does_not_outlive_the_stack(start: Any, tmp_path: Path) -> None:
    note = tmp_path / "note"
    with start() as world:
        execution = Machine(world).start("function", "hangs", command="hang", note=str(note))
        processes = json.loads(wait_for(lambda: note.is_file() and note.read_text()))
    assert all(map(gone, processes))
    note.unlink()
    with start() as world:
        machine = Machine(world)
        assert machine.states.describe_execution(executionArn=execution)["status"] == "RUNNING"
        wait_for(note.is_file)
        machine.states.stop_execution(executionArn=execution)
    with start() as world:
        assert Machine(world).states.describe_execution(executionArn=execution)["status"] == "ABORTED"


def test_a_notice_that_a_kill_left_undelivered_is_delivered_once_by_the_next_start(start: Any, tmp_path: Path) -> None:
    with start() as world:
        machine = Machine(world)
        for name in ("told", "untold"):
            machine.states.stop_execution(executionArn=machine.start("wait", name))
        wait_for(lambda: times_noted(world, "told") == times_noted(world, "untold") == 1)
    journal = Journal(tmp_path / "data")
    executions = journal.executions()
    assert [execution.noticed for execution in executions] == [True, True]
    # As the journal is between the answer to StopExecution and the notice.
    journal.end_execution(executions[1].arn, executions[1].ended or {})
    journal.close()
    for _ in range(2):
        with start() as world:
            wait_for(lambda: times_noted(world, "untold") == 2)
            assert times_noted(world, "told") == 1
    journal = Journal(tmp_path / "data")
    assert [execution.noticed for execution in journal.executions()] == [True, True]
    journal.close()


def test_records_not_yet_delivered_are_delivered_by_the_next_start(start: Any, tmp_path: Path) -> None:
    with start() as world:
        stream = world.outputs["EventStream"]
    journal = Journal(tmp_path / "data")
    journal.keep_records(stream, [b"a\n", b"b\n"])
    journal.close()
    with start() as world:
        world.streams.flush(stream)
        found = world.client("s3").list_objects_v2(Bucket=world.outputs["DataBucket"], Prefix="events/")["Contents"]
        assert len(found) == 1
    with start() as world:
        found = world.client("s3").list_objects_v2(Bucket=world.outputs["DataBucket"], Prefix="events/")["Contents"]
        assert len(found) == 1


def test_one_folder_is_one_stacks(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    with pytest.raises(DataDirectoryInUse, match="another stack runs on"):
        Journal(tmp_path)
    journal.close()
    Journal(tmp_path).close()
