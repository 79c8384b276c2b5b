"""The control plane's operations by name: what the wire calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from reco.arns import Owner
from reco.control import (
    batch_inference_jobs,
    batch_segment_jobs,
    campaigns,
    data_deletion_jobs,
    dataset_export_jobs,
    dataset_groups,
    dataset_import_jobs,
    dataset_updates,
    datasets,
    event_trackers,
    filters,
    metric_attributions,
    recipes,
    recommenders,
    schemas,
    solution_versions,
    solutions,
    stopping,
    tags,
)
from reco.control.lifecycle import Timing
from reco.control.permissions import OPEN, Permissions
from reco.control.quotas import quotas_with
from reco.control.registry import Registry
from reco.jobs.schedules import TrainingSchedules
from reco.jobs.start import JobStarter
from reco.settings import Settings
from reco.storage.group_keys import GroupKeys
from reco.storage.resources import ResourceTable
from reco.wire.call import Call, Operation

Method = Callable[[Registry, Call], Mapping[str, Any] | None]

METHODS: Mapping[str, Method] = {
    "CreateBatchInferenceJob": batch_inference_jobs.create_batch_inference_job,
    "CreateBatchSegmentJob": batch_segment_jobs.create_batch_segment_job,
    "CreateCampaign": campaigns.create_campaign,
    "CreateDataDeletionJob": data_deletion_jobs.create_data_deletion_job,
    "CreateDataset": datasets.create_dataset,
    "CreateDatasetExportJob": dataset_export_jobs.create_dataset_export_job,
    "CreateDatasetGroup": dataset_groups.create_dataset_group,
    "CreateDatasetImportJob": dataset_import_jobs.create_dataset_import_job,
    "CreateEventTracker": event_trackers.create_event_tracker,
    "CreateFilter": filters.create_filter,
    "CreateMetricAttribution": metric_attributions.create_metric_attribution,
    "CreateRecommender": recommenders.create_recommender,
    "CreateSchema": schemas.create_schema,
    "CreateSolution": solutions.create_solution,
    "CreateSolutionVersion": solution_versions.create_solution_version,
    "DeleteCampaign": campaigns.delete_campaign,
    "DeleteDataset": datasets.delete_dataset,
    "DeleteDatasetGroup": dataset_groups.delete_dataset_group,
    "DeleteEventTracker": event_trackers.delete_event_tracker,
    "DeleteFilter": filters.delete_filter,
    "DeleteMetricAttribution": metric_attributions.delete_metric_attribution,
    "DeleteRecommender": recommenders.delete_recommender,
    "DeleteSchema": schemas.delete_schema,
    "DeleteSolution": solutions.delete_solution,
    "DescribeAlgorithm": recipes.describe_algorithm,
    "DescribeBatchInferenceJob": batch_inference_jobs.describe_batch_inference_job,
    "DescribeBatchSegmentJob": batch_segment_jobs.describe_batch_segment_job,
    "DescribeCampaign": campaigns.describe_campaign,
    "DescribeDataDeletionJob": data_deletion_jobs.describe_data_deletion_job,
    "DescribeDataset": datasets.describe_dataset,
    "DescribeDatasetExportJob": dataset_export_jobs.describe_dataset_export_job,
    "DescribeDatasetGroup": dataset_groups.describe_dataset_group,
    "DescribeDatasetImportJob": dataset_import_jobs.describe_dataset_import_job,
    "DescribeEventTracker": event_trackers.describe_event_tracker,
    "DescribeFeatureTransformation": recipes.describe_feature_transformation,
    "DescribeFilter": filters.describe_filter,
    "DescribeMetricAttribution": metric_attributions.describe_metric_attribution,
    "DescribeRecipe": recipes.describe_recipe,
    "DescribeRecommender": recommenders.describe_recommender,
    "DescribeSchema": schemas.describe_schema,
    "DescribeSolution": solutions.describe_solution,
    "DescribeSolutionVersion": solution_versions.describe_solution_version,
    "GetSolutionMetrics": solution_versions.get_solution_metrics,
    "ListBatchInferenceJobs": batch_inference_jobs.list_batch_inference_jobs,
    "ListBatchSegmentJobs": batch_segment_jobs.list_batch_segment_jobs,
    "ListCampaigns": campaigns.list_campaigns,
    "ListDataDeletionJobs": data_deletion_jobs.list_data_deletion_jobs,
    "ListDatasetExportJobs": dataset_export_jobs.list_dataset_export_jobs,
    "ListDatasetGroups": dataset_groups.list_dataset_groups,
    "ListDatasetImportJobs": dataset_import_jobs.list_dataset_import_jobs,
    "ListDatasets": datasets.list_datasets,
    "ListEventTrackers": event_trackers.list_event_trackers,
    "ListFilters": filters.list_filters,
    "ListMetricAttributionMetrics": metric_attributions.list_metric_attribution_metrics,
    "ListMetricAttributions": metric_attributions.list_metric_attributions,
    "ListRecipes": recipes.list_recipes,
    "ListRecommenders": recommenders.list_recommenders,
    "ListSchemas": schemas.list_schemas,
    "ListSolutionVersions": solution_versions.list_solution_versions,
    "ListSolutions": solutions.list_solutions,
    "ListTagsForResource": tags.list_tags,
    "StartRecommender": recommenders.start_recommender,
    "StopRecommender": recommenders.stop_recommender,
    "StopSolutionVersionCreation": stopping.stop_solution_version_creation,
    "TagResource": tags.tag_resource,
    "UntagResource": tags.untag_resource,
    "UpdateCampaign": campaigns.update_campaign,
    "UpdateSolution": solutions.update_solution,
    "UpdateDataset": dataset_updates.update_dataset,
    "UpdateMetricAttribution": metric_attributions.update_metric_attribution,
    "UpdateRecommender": recommenders.update_recommender,
}
"""What is missing here, the wire refuses as not available in this version."""


Registries = Callable[[float, Owner], Registry]
"""The resources of an owner at a time."""


def registries(
    table: ResourceTable, jobs: JobStarter, settings: Settings, schedules: TrainingSchedules, kms: Callable[[], Any]
) -> Registries:
    """`kms` gives a client of KMS; it is asked for only when a dataset group is to have a key."""
    timing = Timing(transition_s=settings.transition_s, pointer_cache_s=settings.pointer_cache_s)
    quotas = quotas_with(settings.quotas)
    keys = GroupKeys(kms, own=settings.customer_key, listed=settings.data_keys)
    return lambda now, owner: Registry(table, jobs, timing, now, owner, schedules, quotas, keys)


def build(registry_at: Registries, permissions: Permissions = OPEN) -> Mapping[str, Operation]:
    """Every operation, ready to be called. No clock: each call carries the time at which it was made."""

    def ready(method: Method) -> Operation:
        def operation(call: Call) -> Mapping[str, Any] | None:
            permissions.refuse(call)
            return method(registry_at(call.now, call.owner), call)

        return operation

    return {name: ready(method) for name, method in METHODS.items()}
