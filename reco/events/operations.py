"""The operations of personalize-events that this version has."""

from __future__ import annotations

from collections.abc import Mapping

from reco.errors import InvalidInput
from reco.events.intake import EventIntake
from reco.events.records import event_records
from reco.events.trackers import Trackers
from reco.wire.call import Call, Operation


def build(trackers: Trackers, intake: EventIntake) -> Mapping[str, Operation]:
    """Operations by name; PutUsers and its like are absent, and the wire says so."""

    def put_events(call: Call) -> None:
        tracking_id = call.parameters["tracking_id"]
        tracked = trackers.group(tracking_id)
        if tracked is None:
            raise InvalidInput(f"trackingId: no event tracker has the tracking ID {tracking_id}")
        records = event_records(
            call.parameters,
            group=tracked.incarnation,
            schema=tracked.schema,
            request_id=call.request_id,
            received_at=call.now,
        )
        intake.keep(records)

    return {"PutEvents": put_events}
