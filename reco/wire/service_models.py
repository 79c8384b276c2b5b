"""The three service models, as botocore ships them: read when first asked for, kept for the life of the process.

Only botocore's own data folder is searched, so that a file in a user's ~/.aws/models never changes what is valid.
"""

from __future__ import annotations

from functools import cache

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape

CONTROL = "personalize"
"""JSON 1.1: everything is `POST /`, the operation is in a header."""

REST_SERVICES = ("personalize-runtime", "personalize-events")
"""REST-JSON: the operation is in method and path."""

SERVICES = (CONTROL, *REST_SERVICES)


@cache
def service_model(service: str) -> ServiceModel:
    """The newest model of a service. Costs about 5 ms for `personalize`, 1 ms for the two others."""
    loader = Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)
    version = loader.determine_latest_version(service, "service-2")
    return ServiceModel(loader.load_data(f"{service}/{version}/service-2"), service)


def operation_model(service: str, operation: str) -> OperationModel:
    return service_model(service).operation_model(operation)


@cache
def error_shapes(service: str) -> dict[str, Shape]:
    """The exceptions that a service models, by code."""
    return {shape.error_code: shape for shape in service_model(service).error_shapes}
