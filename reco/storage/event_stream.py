"""The log of streamed events: a Firehose stream that ends in S3 as gzip JSON lines, all groups together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reco.errors import Throttled
from reco.storage.event_records import EventRecord
from reco.storage.retries import Retries


class EventsNotKept(Throttled):
    """The stream or the table kept refusing some records, as they do beyond their rate: nothing may be acknowledged."""


class EventStream:
    """The Firehose stream that keeps every event in S3."""

    def __init__(self, client: Any, stream: str, retries: Retries | None = None) -> None:
        self._client = client
        self._stream = stream
        self._retries = retries or Retries()

    def add(self, records: Sequence[EventRecord]) -> None:
        """Returns when every record is durable. A record may be in the stream twice after a lost answer.

        Raises:
            EventsNotKept: the stream took some only, however often it was asked.
        """
        waiting = [{"Data": (record.line() + "\n").encode()} for record in records]
        for _ in self._retries:
            answer = self._client.put_record_batch(DeliveryStreamName=self._stream, Records=waiting)
            if not answer["FailedPutCount"]:
                return
            outcomes = zip(waiting, answer["RequestResponses"], strict=True)
            waiting = [entry for entry, outcome in outcomes if "ErrorCode" in outcome]
        raise EventsNotKept("too many events just now, not all were kept; send this request again in a moment")
