"""Rules for schemas, groups, datasets and the jobs that read or write their data."""

from __future__ import annotations

import json

from hypothesis import strategies as st
from hypothesis.stateful import rule

from reco.arns import Kind
from tests.control.conftest import ITEMS, ROLE
from tests.control.model_machine import DOMAINS, OWNER, Machine, in_group
from tests.control.model_world import Life

TYPES = ("INTERACTIONS", "ITEMS")
WIDER = json.loads(ITEMS)
WIDER["fields"].append({"name": "COLOUR", "type": ["null", "string"]})
PLACE = {"s3_data_destination": {"path": "s3://bucket/out/"}}

of_type = st.sampled_from(TYPES)
job_name = st.sampled_from(["j", "k"])


class Data(Machine):
    @rule()
    def create_wider_schema(self) -> None:
        answer = self.ask("CreateSchema", name="wider", schema=json.dumps(WIDER))
        if self.expect(answer, "ResourceAlreadyExists" if self.life(Kind.SCHEMA, "wider") else None):
            self.world.add(Life(Kind.SCHEMA, "wider", self.now))

    @rule(name=st.sampled_from(["wider", "wider", "events"]))
    def delete_schema(self, name: str) -> None:
        answer = self.ask("DeleteSchema", schema_arn=OWNER.arn(Kind.SCHEMA, name))
        used = any(dataset.schema == name for dataset in self.world.of(Kind.DATASET))
        if self.life(Kind.SCHEMA, name) is None:
            assert answer == "ResourceNotFound"
        elif used:
            assert answer == "ResourceInUse"
        else:
            assert answer is None
            del self.world.lives[Kind.SCHEMA, name]

    @rule(name=in_group)
    def create_group(self, name: str) -> None:
        domain = {"domain": DOMAINS[name]} if name in DOMAINS else {}
        tags = [{"tag_key": "made", "tag_value": name}]
        answer = self.ask("CreateDatasetGroup", name=name, tags=tags, **domain)
        if self.expect(answer, "ResourceAlreadyExists" if self.life(Kind.DATASET_GROUP, name) else None):
            self.world.add(Life(Kind.DATASET_GROUP, name, self.now, group=name, tags={"made": name}))

    @rule(name=in_group)
    def delete_group(self, name: str) -> None:
        held = self.world.in_group(
            name,
            Kind.DATASET,
            Kind.EVENT_TRACKER,
            Kind.FILTER,
            Kind.SOLUTION,
            Kind.RECOMMENDER,
            Kind.METRIC_ATTRIBUTION,
        )
        at_work = [job for job in self.world.in_group(name, Kind.DATA_DELETION_JOB) if job.busy(self.now)]
        self.delete(Kind.DATASET_GROUP, name, bool(held or at_work))

    @rule(group=in_group, dataset_type=of_type)
    def create_dataset(self, group: str, dataset_type: str) -> None:
        prefix = "shop-" if group in DOMAINS else ""
        schema = prefix + ("events" if dataset_type == "INTERACTIONS" else "items")
        answer = self.ask(
            "CreateDataset",
            name="d",
            dataset_group_arn=OWNER.arn(Kind.DATASET_GROUP, group),
            schema_arn=OWNER.arn(Kind.SCHEMA, schema),
            dataset_type=dataset_type.lower(),
        )
        parent = self.life(Kind.DATASET_GROUP, group)
        fault = "ResourceNotFound" if not (parent and self.life(Kind.SCHEMA, schema)) else self.status_fault(parent)
        if fault is None and self.life(Kind.DATASET, f"{group}/{dataset_type}"):
            fault = "ResourceAlreadyExists"
        if self.expect(answer, fault):
            self.world.add(Life(Kind.DATASET, f"{group}/{dataset_type}", self.now, parent, group, schema=schema))

    @rule(group=st.sampled_from(["g", "h"]))
    def widen_items(self, group: str) -> None:
        life = self.life(Kind.DATASET, f"{group}/ITEMS")
        answer = self.ask(
            "UpdateDataset",
            dataset_arn=OWNER.arn(Kind.DATASET, f"{group}/ITEMS"),
            schema_arn=OWNER.arn(Kind.SCHEMA, "wider"),
        )
        fault = "ResourceNotFound" if not (life and self.life(Kind.SCHEMA, "wider")) else self.status_fault(life)
        if (
            fault is None
            and life
            and any(job.busy(self.now) for job in self.world.children(life, Kind.DATASET_IMPORT_JOB))
        ):
            fault = "ResourceInUse"
        if self.expect(answer, fault) and life:
            life.updated, life.schema = self.now, "wider"

    @rule(group=in_group, dataset_type=of_type)
    def delete_dataset(self, group: str, dataset_type: str) -> None:
        resource_id = f"{group}/{dataset_type}"
        life = self.life(Kind.DATASET, resource_id)
        kinds = (Kind.DATASET_IMPORT_JOB, Kind.DATASET_EXPORT_JOB)
        jobs = [job for kind in kinds for job in (self.world.children(life, kind) if life else [])]
        learners = self.world.in_group(group, Kind.SOLUTION_VERSION, Kind.RECOMMENDER)
        at_work = any(each.busy(self.now) or each.updating for each in (*jobs, *learners))
        self.delete(Kind.DATASET, resource_id, at_work)

    @rule(group=in_group, dataset_type=of_type, name=job_name)
    def create_import(self, group: str, dataset_type: str, name: str) -> None:
        parent = self.life(Kind.DATASET, f"{group}/{dataset_type}")
        answer = self.ask(
            "CreateDatasetImportJob",
            job_name=name,
            dataset_arn=OWNER.arn(Kind.DATASET, f"{group}/{dataset_type}"),
            data_source={"data_location": "s3://bucket/a.csv"},
            role_arn=ROLE,
        )
        fault = self.status_fault(parent)
        if fault is None and self.life(Kind.DATASET_IMPORT_JOB, name):
            fault = "ResourceAlreadyExists"
        if (
            fault is None
            and parent
            and any(job.busy(self.now) for job in self.world.children(parent, Kind.DATASET_IMPORT_JOB))
        ):
            fault = "ResourceInUse"
        if self.expect(answer, fault):
            self.world.add(Life(Kind.DATASET_IMPORT_JOB, name, self.now, parent, group, written="CREATE PENDING"))

    @rule(group=in_group, name=job_name)
    def create_export(self, group: str, name: str) -> None:
        parent = self.life(Kind.DATASET, f"{group}/INTERACTIONS")
        answer = self.ask(
            "CreateDatasetExportJob",
            job_name=name,
            dataset_arn=OWNER.arn(Kind.DATASET, f"{group}/INTERACTIONS"),
            role_arn=ROLE,
            job_output=PLACE,
        )
        self._job(answer, Kind.DATASET_EXPORT_JOB, name, parent, group)

    @rule(group=in_group, name=job_name)
    def create_data_deletion(self, group: str, name: str) -> None:
        parent = self.life(Kind.DATASET_GROUP, group)
        answer = self.ask(
            "CreateDataDeletionJob",
            job_name=name,
            dataset_group_arn=OWNER.arn(Kind.DATASET_GROUP, group),
            role_arn=ROLE,
            data_source={"data_location": "s3://bucket/users.csv"},
        )
        self._job(answer, Kind.DATA_DELETION_JOB, name, parent, group)

    def _job(self, answer: object, kind: Kind, name: str, parent: Life | None, group: str) -> None:
        fault = self.status_fault(parent) or ("ResourceAlreadyExists" if self.life(kind, name) else None)
        if self.expect(answer, fault):
            self.world.add(Life(kind, name, self.now, parent, group))
