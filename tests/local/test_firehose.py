"""The local Firehose: what it takes, when it writes, and what survives a refusal of S3."""

from __future__ import annotations

import gzip
from collections.abc import Sequence

import pytest
from botocore.exceptions import ClientError

from local.firehose import Destination, Streams
from local.world import World

GZIP = Destination("bucket", "events/", interval_s=10, buffer_bytes=1000, gzip=True)


class Bucket:
    """Remembers what was written; refuses while it is closed."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.closed = False

    def write(self, bucket: str, key: str, body: bytes) -> None:
        if self.closed:
            raise OSError("no such bucket")
        self.objects[key] = body


class Kept:
    """Records kept until they are written."""

    def __init__(self) -> None:
        self.records: dict[int, tuple[str, bytes]] = {}

    def keep_records(self, stream: str, records: Sequence[bytes]) -> list[int]:
        numbers = range(len(self.records), len(self.records) + len(records))
        self.records.update({number: (stream, record) for number, record in zip(numbers, records, strict=True)})
        return list(numbers)

    def kept_records(self) -> list[tuple[str, int, bytes]]:
        return [(stream, number, record) for number, (stream, record) in self.records.items()]

    def forget_records(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            del self.records[number]


class Clock:
    now = 1_780_000_000.0  # 2026-05-28 20:26:40 UTC

    def __call__(self) -> float:
        return self.now


def test_records_become_one_gzip_object_under_the_hour_of_the_first() -> None:
    bucket, clock = Bucket(), Clock()
    streams = Streams({"s": GZIP}, bucket.write, clock=clock)
    assert streams.put("s", [b"a\n", b"b\n"]) == [None, None]
    clock.now += 9.9
    streams.put("s", [b"c\n"])
    streams.flush_due()
    assert bucket.objects == {}
    clock.now += 0.1
    streams.flush_due()
    ((key, body),) = bucket.objects.items()
    assert key.startswith("events/2026/05/28/20/s-1-2026-05-28-20-26-40-")
    assert key.endswith(".gz")
    assert gzip.decompress(body) == b"a\nb\nc\n"


def test_a_full_buffer_does_not_wait() -> None:
    bucket = Bucket()
    streams = Streams({"s": GZIP}, bucket.write, clock=Clock())
    streams.put("s", [b"x" * 1000])
    streams.flush_due()
    assert len(bucket.objects) == 1


def test_what_s3_refused_is_written_later_and_in_order() -> None:
    bucket, clock = Bucket(), Clock()
    streams = Streams({"s": GZIP}, bucket.write, clock=clock)
    streams.put("s", [b"a"])
    bucket.closed = True
    with pytest.raises(OSError, match="no such bucket"):
        streams.flush("s")
    streams.put("s", [b"b"])
    bucket.closed = False
    streams.close()
    assert [gzip.decompress(body) for body in bucket.objects.values()] == [b"ab"]


def test_records_may_be_refused_one_by_one() -> None:
    bucket = Bucket()
    streams = Streams({"s": GZIP}, bucket.write, clock=Clock())
    streams.refuse = lambda stream, record: "ServiceUnavailableException" if record == b"b" else None
    assert streams.put("s", [b"a", b"b", b"c"]) == [None, "ServiceUnavailableException", None]
    streams.close()
    assert [gzip.decompress(body) for body in bucket.objects.values()] == [b"ac"]


def test_kept_records_are_written_by_the_next_start_and_then_forgotten() -> None:
    bucket, kept = Bucket(), Kept()
    Streams({"s": GZIP}, bucket.write, kept, Clock()).put("s", [b"a", b"b"])
    assert len(kept.records) == 2
    Streams({"s": GZIP}, bucket.write, kept, Clock()).close()
    assert [gzip.decompress(body) for body in bucket.objects.values()] == [b"ab"]
    assert kept.records == {}


def test_batches_have_the_services_limits(small_world: World) -> None:
    firehose = small_world.client("firehose")
    stream = small_world.outputs["EventStream"]
    for records, limit in (
        ([{"Data": b"x"}] * 501, "500 records"),
        ([{"Data": b"x" * 1_000_000}] * 5, "4194304 bytes"),
        ([{"Data": b"x" * 1_024_001}], "1024000 bytes"),
    ):
        with pytest.raises(ClientError, match=limit):
            firehose.put_record_batch(DeliveryStreamName=stream, Records=records)


def test_refusals_are_counted_in_the_answer_and_the_rest_reaches_the_bucket(small_world: World) -> None:
    firehose = small_world.client("firehose")
    stream = small_world.outputs["EventStream"]
    small_world.streams.refuse = lambda name, record: "ServiceUnavailableException" if b"no" in record else None
    try:
        answer = firehose.put_record_batch(
            DeliveryStreamName=stream, Records=[{"Data": b'{"n": 1}\n'}, {"Data": b'{"no": 2}\n'}]
        )
    finally:
        small_world.streams.refuse = lambda name, record: None
    assert answer["FailedPutCount"] == 1
    assert [entry.get("ErrorCode") for entry in answer["RequestResponses"]] == [None, "ServiceUnavailableException"]
    small_world.streams.flush(stream)
    s3, bucket = small_world.client("s3"), small_world.outputs["DataBucket"]
    (found,) = s3.list_objects_v2(Bucket=bucket, Prefix="events/")["Contents"]
    assert gzip.decompress(s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read()) == b'{"n": 1}\n'
    assert firehose.describe_delivery_stream(DeliveryStreamName=stream)["DeliveryStreamDescription"]
