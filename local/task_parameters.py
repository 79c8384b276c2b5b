"""What a state machine's task hands on: whose execution it is, and parameters spelled as the service spells them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import botocore.session
from botocore.model import ListShape, Shape, StructureShape

from local.functions import CURRENT_EXECUTION


def task_methods(module: Any) -> dict[str, Any]:
    """The methods that take the place of those of moto's StateTaskService."""
    evaluate = module.StateTaskService._eval_execution

    def eval_execution(self: Any, env: Any) -> None:
        """Names the execution to whatever the task calls in this thread, so that its jobs end with it."""
        arn = env.states.context_object.context_object_data["Execution"]["Id"]
        token = CURRENT_EXECUTION.set(arn)
        try:
            evaluate(self, env)
        finally:
            CURRENT_EXECUTION.reset(token)

    def normalise_parameters(
        self: Any, parameters: dict[str, Any], boto_service_name: Any = None, service_action_name: Any = None
    ) -> None:
        shape = _input_shape(
            self._get_boto_service_name(boto_service_name), self._get_boto_service_action(service_action_name)
        )
        if shape is not None:
            parameters.update(_recased(parameters, shape, parameters))

    return {"_eval_execution": eval_execution, "_normalise_parameters": normalise_parameters}


@lru_cache
def _input_shape(service: str, action: str) -> StructureShape | None:
    """Input of an operation named in snake case; None when the service has none of that name."""
    from botocore import xform_name

    model = botocore.session.get_session().get_service_model(service)
    for name in model.operation_names:
        if xform_name(name) == action:
            return model.operation_model(name).input_shape
    return None


def _recased(value: Any, shape: Shape, target: dict[str, Any] | None = None) -> Any:
    """The value with members spelled as the service spells them: a definition has them all in PascalCase.

    `target`, when given, loses the misspelt keys, since moto hands on that very dict.
    """
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_recased(entry, shape.member) for entry in value]
    if not isinstance(shape, StructureShape) or not isinstance(value, dict):
        return value
    members = {name.lower(): name for name in shape.members}
    renamed = {}
    for key, entry in list(value.items()):
        name = members.get(key.lower(), key)
        renamed[name] = _recased(entry, shape.members[name]) if name in shape.members else entry
        if target is not None and name != key:
            del target[key]
    return renamed
