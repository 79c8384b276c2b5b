"""Bodies of no bytes over HTTP."""

from __future__ import annotations

from local.process import StackProcess


def test_an_empty_object_can_be_put_and_read_over_http(world: StackProcess) -> None:
    s3 = world.client("s3")
    s3.create_bucket(Bucket="empty-things")
    s3.put_object(Bucket="empty-things", Key="nothing", Body=b"")
    assert s3.get_object(Bucket="empty-things", Key="nothing")["Body"].read() == b""
