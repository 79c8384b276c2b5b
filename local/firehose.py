"""Firehose as AWS buffers it: records gather, and go to S3 as one gzip object when they are old or many enough.

moto writes an object for every call and refuses nothing. Here a batch has its limits, records may be refused one by
one (tests ask for that), the object's key carries the hour of its first record, and what is not yet in S3 is lost
only if nobody keeps it: see `Keeping`.
"""

from __future__ import annotations

import gzip
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from local.deployer import ACCOUNT
from local.patching import patched
from local.resource_types import Acknowledgements

LARGEST_BATCH = 500
LARGEST_BATCH_BYTES = 4 * 1024 * 1024
LARGEST_RECORD = 1000 * 1024
"""Source: PutRecordBatch and PutRecord."""

LONGEST_WAIT_S = 3.0
"""The laptop's buffer interval where the template's is longer: a person waits for the log."""
TICK_S = 0.2

OTHER_ARGUMENTS = (
    *("kinesis_stream_source_configuration", "delivery_stream_encryption_configuration_input"),
    *("s3_destination_configuration", "redshift_destination_configuration"),
    *("elasticsearch_destination_configuration", "splunk_destination_configuration"),
    *("http_endpoint_destination_configuration", "snowflake_destination_configuration"),
    "iceberg_destination_configuration",
)
"""Of moto's create_delivery_stream; none of them is used here."""

Refusal = Callable[[str, bytes], str | None]
"""From stream and record to the error code that refuses it; None takes it."""


class Keeping(Protocol):
    """Where acknowledged records are kept until they are in S3."""

    def keep_records(self, stream: str, records: Sequence[bytes]) -> list[int]:
        """A number for each record, in order."""

    def kept_records(self) -> list[tuple[str, int, bytes]]:
        """Stream, number and bytes of all that are kept, in order."""

    def forget_records(self, numbers: Sequence[int]) -> None: ...


@dataclass(frozen=True)
class Destination:
    """Where a stream's records go, and when."""

    bucket: str
    prefix: str
    interval_s: float
    buffer_bytes: int
    gzip: bool


@dataclass
class _Buffer:
    records: list[bytes] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    since: float = 0.0
    size: int = 0

    def add(self, records: Sequence[bytes], numbers: Sequence[int], now: float) -> None:
        if not self.records:
            self.since = now
        self.records += records
        self.numbers += numbers
        self.size += sum(map(len, records))


class Streams:
    """The buffers of all streams, and the thread that empties them."""

    def __init__(
        self,
        destinations: Mapping[str, Destination],
        write: Callable[[str, str, bytes], None],
        keeping: Keeping | None = None,
        clock: Callable[[], float] = time.time,
        refuse: Refusal = lambda stream, record: None,
    ) -> None:
        """
        Args:
            destinations: by stream name.
            write: stores an object: bucket, key, body. When it raises, the records stay and are tried again.
        """
        self._destinations = destinations
        self._write = write
        self._keeping = keeping
        self._clock = clock
        self.refuse = refuse
        self._buffers = {name: _Buffer() for name in destinations}
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="firehose", daemon=True)
        for stream, number, record in keeping.kept_records() if keeping else ():
            if stream in self._buffers:
                self._buffers[stream].add([record], [number], clock())

    def put(self, stream: str, records: Sequence[bytes]) -> list[str | None]:
        """Takes records; the error code of each that was refused, None for the others.

        Raises:
            KeyError: no such stream.
        """
        buffer = self._buffers[stream]
        refusals = [self.refuse(stream, record) for record in records]
        taken = [record for record, code in zip(records, refusals, strict=True) if code is None]
        numbers = self._keeping.keep_records(stream, taken) if self._keeping else []
        with self._lock:
            buffer.add(taken, numbers, self._clock())
        return refusals

    def flush_due(self) -> None:
        """Empties the buffers that are old or full enough."""
        now = self._clock()
        for name, buffer in self._buffers.items():
            to = self._destinations[name]
            if buffer.records and (now - buffer.since >= to.interval_s or buffer.size >= to.buffer_bytes):
                self.flush(name)

    def flush(self, stream: str) -> None:
        """Writes what a stream has gathered as one object; nothing when there is nothing."""
        to = self._destinations[stream]
        with self._flushing:
            with self._lock:
                buffer, self._buffers[stream] = self._buffers[stream], _Buffer()
            if not buffer.records:
                return
            body = b"".join(buffer.records)
            try:
                self._write(to.bucket, _key(stream, to, buffer.since), gzip.compress(body, 6) if to.gzip else body)
            except Exception:
                with self._lock:
                    later = self._buffers[stream]
                    buffer.add(later.records, later.numbers, buffer.since)
                    self._buffers[stream] = buffer
                raise
            if self._keeping:
                self._keeping.forget_records(buffer.numbers)

    def start(self) -> None:
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(TICK_S):
            # The bucket may be gone; the records wait for the next turn.
            try:
                self.flush_due()
            except Exception:  # noqa: S112
                continue

    def close(self) -> None:
        """Empties every buffer and stops."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        for name in self._buffers:
            self.flush(name)


def _key(stream: str, to: Destination, first: float) -> str:
    """PREFIXyyyy/mm/dd/hh/STREAM-1-yyyy-mm-dd-hh-mm-ss-UUID.gz, in UTC.

    Source: Amazon S3 object name format, Firehose developer guide.
    """
    at = time.gmtime(first)
    name = f"{stream}-1-{time.strftime('%Y-%m-%d-%H-%M-%S', at)}-{uuid.uuid4()}"
    return f"{to.prefix}{time.strftime('%Y/%m/%d/%H', at)}/{name}{'.gz' if to.gzip else ''}"


def read_destinations(acknowledged: Acknowledgements, longest_wait_s: float = LONGEST_WAIT_S) -> dict[str, Destination]:
    """The streams as the template has them; `longest_wait_s` cuts their interval."""
    destinations = {}
    for name, properties in acknowledged.of("AWS::KinesisFirehose::DeliveryStream").items():
        to = properties["ExtendedS3DestinationConfiguration"]
        hints = to.get("BufferingHints", {})
        destinations[name] = Destination(
            bucket=to["BucketARN"].rpartition(":")[2],
            prefix=to.get("Prefix", ""),
            interval_s=min(float(hints.get("IntervalInSeconds", 300)), longest_wait_s),
            buffer_bytes=int(hints.get("SizeInMBs", 5)) * 1024 * 1024,
            gzip=to.get("CompressionFormat") == "GZIP",
        )
    return destinations


@contextmanager
def buffering(streams: Streams, destinations: Mapping[str, Destination], region: str) -> Iterator[None]:
    """Lets moto's Firehose know these streams, and puts to them go into the buffers, while the block runs."""
    from moto.firehose.exceptions import InvalidArgumentException
    from moto.firehose.models import FirehoseBackend, firehose_backends

    backend = firehose_backends[ACCOUNT][region]
    for name, to in destinations.items():
        arn = f"arn:aws:s3:::{to.bucket}"
        extended: Any = {"BucketARN": arn, "RoleARN": f"arn:aws:iam::{ACCOUNT}:role/firehose", "Prefix": to.prefix}
        others: Any = dict.fromkeys(OTHER_ARGUMENTS)
        backend.create_delivery_stream(
            region=region,
            delivery_stream_name=name,
            delivery_stream_type="DirectPut",
            extended_s3_destination_configuration=extended,
            tags=[],
            **others,
        )
    put_elsewhere = FirehoseBackend.put_record_batch

    def put_record_batch(self: Any, delivery_stream_name: str, records: list[dict[str, bytes]]) -> dict[str, Any]:
        if delivery_stream_name not in destinations:
            return put_elsewhere(self, delivery_stream_name, records)
        data = [record["Data"] for record in records]
        if len(data) > LARGEST_BATCH:
            raise InvalidArgumentException(f"A batch has at most {LARGEST_BATCH} records; this one has {len(data)}.")
        if any(len(record) > LARGEST_RECORD for record in data):
            raise InvalidArgumentException(f"A record has at most {LARGEST_RECORD} bytes.")
        if sum(map(len, data)) > LARGEST_BATCH_BYTES:
            raise InvalidArgumentException(f"A batch has at most {LARGEST_BATCH_BYTES} bytes.")
        refusals = streams.put(delivery_stream_name, data)
        return {
            "FailedPutCount": sum(code is not None for code in refusals),
            "Encrypted": False,
            "RequestResponses": [
                {"RecordId": str(uuid.uuid4())} if code is None else {"ErrorCode": code, "ErrorMessage": "Slow down."}
                for code in refusals
            ],
        }

    with patched(FirehoseBackend, put_record_batch=put_record_batch):
        yield
