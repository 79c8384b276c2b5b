"""Metric attributions: which events a dataset group counts, for whom, and where the figures go.

One in a dataset group, with at most ten metrics. Reporting them comes in a later version: reco.control.lifecycle says
how a creation or an update ends until then. Source: control-plane reference, J.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from reco.arns import Kind
from reco.control.claims import claim_on
from reco.control.lifecycle import IN_PROGRESS, UPDATING
from reco.control.listing import list_resources, read_position, token_for
from reco.control.locations import check_destination
from reco.control.metric_expressions import check_expressions, require_event_type
from reco.control.registry import Registry, fresh
from reco.errors import InvalidInput, MetricAlreadyExists, ResourceInUse
from reco.storage.resources import Resource
from reco.wire.call import Call

KIND = Kind.METRIC_ATTRIBUTION
MOST_METRICS = 10

Metric = Mapping[str, str]


def create_metric_attribution(registry: Registry, call: Call) -> dict[str, Any]:
    asked = call.parameters
    _check_output(registry, asked["metrics_output_config"])
    group = registry.find(Kind.DATASET_GROUP, asked["dataset_group_arn"], "datasetGroupArn")
    registry.require_active(group)
    metrics = _added((), asked["metrics"], 0)
    require_event_type(registry, asked["dataset_group_arn"])
    check_expressions(registry, asked["dataset_group_arn"], asked["metrics"], "metrics")
    body = {
        "name": asked["name"],
        "dataset_group_arn": asked["dataset_group_arn"],
        "metrics_output_config": asked["metrics_output_config"],
    }
    attribution = fresh(KIND, asked["name"], body, call.now, parent=asked["dataset_group_arn"])
    attribution = replace(attribution, inner={"metrics": metrics, "added": len(metrics)})
    created = registry.create(attribution, [claim_on(group, slot="metric_attribution")])
    return {"metric_attribution_arn": registry.arn(created)}


def update_metric_attribution(registry: Registry, call: Call) -> dict[str, Any]:
    """Removes first, then adds; a metric's place in the list is that of its addition.

    Raises:
        InvalidInput: nothing is asked for, a name to remove is not there, none or more than ten metrics would remain,
            or an expression fits no column.
        ResourceAlreadyExists: a metric of the name is there.
        ResourceInUse: it is being made, updated or deleted.
    """
    asked = call.parameters
    if not any(asked.get(member) for member in ("add_metrics", "remove_metrics", "metrics_output_config")):
        raise InvalidInput("Give at least one of addMetrics, removeMetrics and metricsOutputConfig.")
    if "metrics_output_config" in asked:
        _check_output(registry, asked["metrics_output_config"])
    attribution = _asked_attribution(registry, call)
    added = asked.get("add_metrics", [])
    check_expressions(registry, attribution.body["dataset_group_arn"], added, "addMetrics")

    def updated(current: Resource) -> Resource:
        _refuse_busy(registry, current)
        kept = _without(current.inner["metrics"], asked.get("remove_metrics", []))
        body = {
            **current.body,
            "metrics_output_config": asked.get("metrics_output_config", current.body["metrics_output_config"]),
        }
        before = current.inner["added"]
        metrics = _added(kept, added, before)
        inner = {**current.inner, "metrics": metrics, "added": before + len(added), UPDATING: call.now}
        return replace(current, body=body, inner=inner, updated_at=call.now)

    return {"metric_attribution_arn": registry.arn(registry.change(attribution, updated))}


def describe_metric_attribution(registry: Registry, call: Call) -> dict[str, Any]:
    return {"metric_attribution": registry.view(_asked_attribution(registry, call))}


def list_metric_attributions(registry: Registry, call: Call) -> dict[str, Any]:
    parent = (Kind.DATASET_GROUP, "dataset_group_arn", "datasetGroupArn")
    return list_resources(registry, call, KIND, "metric_attributions", parent)


def list_metric_attribution_metrics(registry: Registry, call: Call) -> dict[str, Any]:
    """The metrics in the order in which they were added; an unknown attribution has an empty list.

    A page's place is the serial number of its last metric, so others may come and go in between.
    """
    arn = _required_arn(call)
    name = registry.id_in(KIND, arn, "metricAttributionArn")
    attribution = registry.named(KIND, name) if name else None
    after = read_position(call, int) or 0
    size = call.parameters.get("max_results", MOST_METRICS)
    rest = [entry for entry in (attribution.inner["metrics"] if attribution else []) if entry["serial"] > after]
    return {
        "metrics": [entry["metric"] for entry in rest[:size]],
        "next_token": token_for(call, rest[size - 1]["serial"]) if len(rest) > size else None,
    }


def delete_metric_attribution(registry: Registry, call: Call) -> None:
    def refuse(current: Resource) -> None:
        """Nothing depends on a metric attribution."""

    registry.delete(_asked_attribution(registry, call), refuse)


def _asked_attribution(registry: Registry, call: Call) -> Resource:
    return registry.find(KIND, _required_arn(call), "metricAttributionArn")


def _required_arn(call: Call) -> str:
    arn: str | None = call.parameters.get("metric_attribution_arn")
    if arn is None:
        raise InvalidInput("metricAttributionArn: is required")
    return arn


def _check_output(registry: Registry, config: Mapping[str, Any]) -> None:
    destination = config.get("s3_data_destination")
    if destination is not None:
        check_destination(destination, "metricsOutputConfig.s3DataDestination", registry.owner.region)


def _added(present: Sequence[Mapping[str, Any]], metrics: Sequence[Metric], before: int) -> list[Mapping[str, Any]]:
    """The entries with new ones behind them. Each has a serial number, and `before` were added until now.

    Raises:
        ResourceAlreadyExists: a name is there already, or twice in the request.
        InvalidInput: none, or too many.
    """
    entries = list(present)
    names = {entry["metric"]["metric_name"] for entry in entries}
    for serial, metric in enumerate(metrics, before + 1):
        if metric["metric_name"] in names:
            raise MetricAlreadyExists(metric["metric_name"])
        names.add(metric["metric_name"])
        entries.append({"serial": serial, "metric": metric})
    if not 1 <= len(entries) <= MOST_METRICS:
        raise InvalidInput(
            f"metrics: an attribution has from 1 to {MOST_METRICS} metrics; this would make {len(entries)}."
        )
    return entries


def _without(present: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[Mapping[str, Any]]:
    known = {entry["metric"]["metric_name"] for entry in present}
    for name in names:
        if name not in known:
            raise InvalidInput(f"removeMetrics: there is no metric {name}; there are {', '.join(sorted(known))}.")
    return [entry for entry in present if entry["metric"]["metric_name"] not in names]


def _refuse_busy(registry: Registry, attribution: Resource) -> None:
    status = registry.status(attribution)
    if attribution.deleting_since is not None or status in IN_PROGRESS:
        raise ResourceInUse(f"{registry.arn(attribution)} cannot be updated while its status is {status}.")
