"""Which events a model learns from and what each counts: eventType, eventValueThreshold and eventsConfig as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class EventParameters:
    """Events of one kind."""

    event_type: str | None = None
    """Only of this type, whatever its case; None takes every type, and events that have none."""
    value_threshold: float | None = None
    """Only events whose value is this or more; None does not ask for a value."""
    weight: float = 1.0
    """What an event counts, above 0; only the ratio to other kinds' weights matters."""

    def accepts(self, event_type: str | None, value: float | None) -> bool:
        """Whether an event of this type and value (None where it has none) is of the kind."""
        if self.event_type is not None and (event_type or "").lower() != self.event_type.lower():
            return False
        return self.value_threshold is None or (value is not None and value >= self.value_threshold)

    def in_words(self) -> str:
        """The kind as a failure's reason names it; empty when it is every event."""
        if self.event_type is not None:
            return f"event type: {self.event_type}"
        return "" if self.value_threshold is None else f"event value threshold: {self.value_threshold:g}"


def parameters_from(attributes: Mapping[str, Any]) -> tuple[EventParameters, ...]:
    """What `as_attributes` wrote into an artefact; artefacts of before have one type and one threshold. Empty: all."""
    if "event_parameters" in attributes:
        return tuple(EventParameters(**each) for each in attributes["event_parameters"])
    event_type, threshold = attributes.get("event_type"), attributes.get("event_value_threshold")
    return () if event_type is None and threshold is None else (EventParameters(event_type or None, threshold),)


def as_attributes(parameters: Sequence[EventParameters]) -> dict[str, Any]:
    return {"event_parameters": [asdict(each) for each in parameters]}


def parameters_of_config(
    event_type: str | None, value_threshold: float | None, config: Mapping[str, Any] | None
) -> tuple[EventParameters, ...]:
    """A solution's settings as parameters. Empty: every event counts alike.

    A type without a weight weighs 1; one of weight 0 is not learned from.

    Args:
        event_type, value_threshold: the solution's eventType and eventValueThreshold.
        config: its eventsConfig, members in snake case; it goes before the other two.
    """
    listed = (config or {}).get("event_parameters_list") or []
    if listed:
        given = (
            EventParameters(each.get("event_type"), each.get("event_value_threshold"), float(each.get("weight", 1.0)))
            for each in listed
        )
        return tuple(each for each in given if each.weight > 0)
    if event_type is None and value_threshold is None:
        return ()
    return (EventParameters(event_type, value_threshold),)
