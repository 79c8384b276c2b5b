"""From the parameters of PutEvents to records: everything that the service model cannot check is checked here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reco.datasets.schemas import Schema
from reco.errors import InvalidInput
from reco.events.properties import as_number, as_text, column_values, parse_properties, take
from reco.storage.event_records import EventRecord

ID_LIMIT = 256


def event_records(
    parameters: Mapping[str, Any], *, group: str, schema: Schema | None, request_id: str, received_at: float
) -> list[EventRecord]:
    """One record for each event of the call, in its order.

    Args:
        parameters: of PutEvents, already checked against the service model.
        group: incarnation of the dataset group.
        schema: of the group's interactions; None leaves properties as they were sent.
    Raises:
        InvalidInput: an event is wrong; the whole call is refused, since no answer could tell good from bad.
    """
    return [
        _record(event, f"eventList[{index}]", parameters, group, schema, f"{request_id}-{index}", received_at)
        for index, event in enumerate(parameters["event_list"])
    ]


def _record(
    event: Mapping[str, Any],
    place: str,
    call: Mapping[str, Any],
    group: str,
    schema: Schema | None,
    record: str,
    received_at: float,
) -> EventRecord:
    properties = parse_properties(event.get("properties"), f"{place}.properties")
    # Older clients send these two inside of properties. They are taken out either way: they are no columns.
    inner_item, inner_value = take(properties, "itemId"), take(properties, "eventValue")
    item = event.get("item_id", as_text(inner_item, f"{place}.properties.itemId"))
    if item is not None and not 1 <= len(item) <= ID_LIMIT:
        raise InvalidInput(f"{place}.itemId: must have 1 to {ID_LIMIT} characters, has {len(item)}")
    value = as_number(event.get("event_value", inner_value), f"{place}.eventValue")
    if schema:
        field = schema.field("EVENT_VALUE")
        if field and not field.nullable and value is None:
            raise InvalidInput(f"{place}.eventValue: is required, as column EVENT_VALUE of the schema may not be null")
        properties = column_values(properties, schema, f"{place}.properties")
    accepted = EventRecord(
        group=group,
        record=record,
        user=call.get("user_id"),
        session=call["session_id"],
        item=item,
        type=event["event_type"],
        sent_at=event["sent_at"],
        received_at=received_at,
        event_id=event.get("event_id", record),
        value=value,
        properties=properties,
        impression=tuple(event.get("impression", ())),
        recommendation_id=event.get("recommendation_id"),
        attribution_source=event.get("metric_attribution", {}).get("event_attribution_source"),
    )
    _check_numbers(accepted, place)
    return accepted


def _check_numbers(record: EventRecord, place: str) -> None:
    """1e999 is JSON and no finite number: Python reads it, and would write it as what no reader of the log takes."""
    try:
        record.line()
    except ValueError as error:
        raise InvalidInput(f"{place}.properties: has a number that is not finite") from error
