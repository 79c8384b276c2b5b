"""Times as clients send them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reco.wire.timestamps import read_timestamp
from tests.wire.asking import ask, refusal


@pytest.mark.parametrize(
    ("sent", "seconds"),
    [
        (0, 0.0),
        (1_553_631_760, 1_553_631_760.0),
        (1_613_443_801.123, 1_613_443_801.123),
        ("1553631760", 1_553_631_760.0),
        ("1613443801.5", 1_613_443_801.5),
        ("1.6e9", 1_600_000_000.0),
        (1_613_443_801_123, 1_613_443_801.123),
        ("1613443801123", 1_613_443_801.123),
        (1e12, 1e9),
        ("2024-07-01T12:00:00Z", 1_719_835_200.0),
        ("2024-07-01T12:00:00.250Z", 1_719_835_200.25),
        ("2024-07-01T14:00:00+02:00", 1_719_835_200.0),
        ("2024-07-01T12:00:00", 1_719_835_200.0),
        ("2024-07-01", 1_719_792_000.0),
    ],
)
def test_each_form_is_seconds_since_the_epoch(sent: object, seconds: float) -> None:
    assert read_timestamp(sent) == seconds


@given(
    st.datetimes(datetime(1970, 1, 3), datetime(2100, 1, 1)),
    st.integers(-23, 23).map(lambda h: timezone(timedelta(hours=h))),
)
def test_iso_8601_of_any_zone_is_the_same_moment(moment: datetime, zone: timezone) -> None:
    aware = moment.replace(tzinfo=UTC)
    assert read_timestamp(aware.astimezone(zone).isoformat()) == pytest.approx(aware.timestamp(), abs=1e-6)


@given(st.floats(0, 99_999_999_999))
def test_seconds_stay_as_they_are(seconds: float) -> None:
    assert read_timestamp(seconds) == seconds


@pytest.mark.parametrize("sent", [-1, -0.5, 3e11, 1e15, "1e15", "-1", "1969-12-31T23:59:59Z", 10**400, 1e300])
def test_a_time_out_of_range_breaks_a_limit(sent: object) -> None:
    with pytest.raises(ValueError, match="before 1970 or after 9999"):
        read_timestamp(sent)


@pytest.mark.parametrize("sent", ["", "soon", "nan", "inf", "1_000", "٣", " 5", True, None, [], {}, "2024-13-01"])
def test_what_is_no_time_is_a_wrong_type(sent: object) -> None:
    with pytest.raises(TypeError):
        read_timestamp(sent)


def test_put_events_tells_the_two_apart() -> None:
    def body(sent_at: object) -> dict[str, object]:
        return {"trackingId": "t", "sessionId": "s", "eventList": [{"eventType": "e", "sentAt": sent_at}]}

    _, _, call = ask("PutEvents", body("2024-07-01T12:00:00.250Z"))
    assert call is not None and call.parameters["event_list"][0]["sent_at"] == 1_719_835_200.25
    assert refusal("PutEvents", body(-5)) == (
        "InvalidInputException",
        "eventList[0].sentAt: must be seconds since 1970, before the year 10000",
    )
    assert refusal("PutEvents", body("soon")) == (
        "SerializationException",
        "eventList[0].sentAt: must be seconds since 1970 or ISO 8601, is a string that is neither",
    )
