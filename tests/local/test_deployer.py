"""The template that goes to AWS, deployed into moto: what is made, and under which names."""

from __future__ import annotations

from local.deployer import physical_name
from local.world import World


def test_resources_are_made_under_names_that_come_from_the_template(small_world: World) -> None:
    assert small_world.outputs["Table"] == "Storage-TableABC"
    assert small_world.outputs["DataBucket"] == "storage-dataabc"
    tables = small_world.client("dynamodb").list_tables()["TableNames"]
    assert tables == ["Storage-TableABC"]
    stacks = small_world.client("cloudformation").describe_stacks()["Stacks"]
    assert {stack["StackName"]: stack["StackStatus"] for stack in stacks} == {
        "Api": "CREATE_COMPLETE",
        "Storage": "CREATE_COMPLETE",
    }


def test_a_bucket_policy_of_the_template_denies_nobody(small_world: World) -> None:
    small_world.client("s3").put_object(Bucket=small_world.outputs["DataBucket"], Key="a", Body=b"b")


def test_a_long_name_is_cut_and_stays_unique() -> None:
    names = {physical_name("Stack", "L" * 60 + end, "AWS::IAM::Role") for end in "ab"}
    assert len(names) == 2
    assert all(len(name) == 64 for name in names)
