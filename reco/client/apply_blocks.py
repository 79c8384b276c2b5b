"""Reading the blocks of a configuration file: what is not as it should be is noted with its place, and read on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reco.client.apply_configuration import NotApplied
from reco.client.apply_cron import cron_problem
from reco.client.apply_parameters import refuse_unknown_keys
from reco.wire.parsing import Path, Problems, spell
from reco.wire.request import json_type


class Blocks:
    """Gathers what is wrong, and what is right but applied by nothing."""

    def __init__(self) -> None:
        self.problems = Problems()
        self.not_applied: list[NotApplied] = []

    def object(self, value: Any, path: Path, known: tuple[str, ...]) -> dict[str, Any]:
        """The object, empty where it is none; a key that is not known is noted."""
        if not isinstance(value, dict):
            self.problems.add(path, f"must be an object, is {json_type(value)}")
            return {}
        refuse_unknown_keys(list(value), known, path, self.problems)
        return value

    def elements(self, value: Any, path: Path) -> list[tuple[Path, Any]]:
        """The array's elements with their places; none where there is no array."""
        if value is None:
            return []
        if not isinstance(value, list):
            self.problems.add(path, f"must be an array, is {json_type(value)}")
            return []
        return [((path, position), element) for position, element in enumerate(value)]

    def service_config(self, block: Mapping[str, Any], place: Path) -> dict[str, Any]:
        """Parameters of the API; null ones are absent."""
        value = block.get("serviceConfig", {})
        if not isinstance(value, dict):
            self.problems.add((place, "serviceConfig"), f"must be an object, is {json_type(value)}")
            return {}
        return {key: each for key, each in value.items() if each is not None}

    def schedules(self, block: Mapping[str, Any], place: Path) -> dict[str, Any]:
        """What `workflowConfig.schedules` holds, still unchecked."""
        where = (place, "workflowConfig")
        workflow = self.object(block.get("workflowConfig", {}), where, ("schedules", "maxAge"))
        if "maxAge" in workflow:
            reason = "whether data or a model is too old is not looked at"
            self.not_applied.append(NotApplied(spell((where, "maxAge")), workflow["maxAge"], reason))
        schedules = workflow.get("schedules", {})
        if not isinstance(schedules, dict):
            self.problems.add((where, "schedules"), f"must be an object, is {json_type(schedules)}")
            return {}
        return schedules

    def schedule(self, expression: Any, path: Path, reason: str) -> None:
        """Checks an expression, and notes that nothing here goes by it."""
        problem = cron_problem(expression)
        if problem:
            self.problems.add(path, problem)
        else:
            self.not_applied.append(NotApplied(spell(path), expression, reason))
