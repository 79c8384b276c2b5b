"""Groups with data in them on the whole stack, and the smallest data from which tastes can be learned."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np

from local.journey import Journey, Traveller
from local.process import StackProcess
from local.sample_data import SampleData
from local.sample_shop import INTERACTIONS_SCHEMA

USERS, ITEMS, EVENTS = 44, 60, 24
ITEMS_SCHEMA = {
    "type": "record",
    "name": "Items",
    "namespace": "com.amazonaws.personalize.schema",
    "fields": [
        {"name": "ITEM_ID", "type": "string"},
        {"name": "PRICE", "type": "float"},
        {"name": "CATEGORY_L1", "type": "string", "categorical": True},
    ],
    "version": "1.0",
}


def two_tastes() -> SampleData:
    """Even users view even items, odd ones odd items; just enough for a training, and nobody buys anything."""
    draw = np.random.default_rng(5)
    rows, tastes = [], {}
    for user in range(USERS):
        tastes[f"u{user:02}"] = str(user % 2)
        touched = draw.permutation(ITEMS // 2)[:EVENTS] * 2 + user % 2
        rows += [f"u{user:02},i{item:02},{1_700_000_000 + 60 * place},View" for place, item in enumerate(touched)]
    items = [f"i{item:02},{item},{'even' if item % 2 == 0 else 'odd'}" for item in range(ITEMS)]
    return SampleData(
        name="two tastes",
        interactions_csv="\n".join(["USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE", *rows]).encode(),
        interactions_schema=INTERACTIONS_SCHEMA,
        items_csv="\n".join(["ITEM_ID,PRICE,CATEGORY_L1", *items]).encode(),
        items_schema=ITEMS_SCHEMA,
        titles={},
        groups={},
        histories={},
        event_type="View",
        tastes=tastes,
    )


@dataclass(frozen=True)
class ImportedShop:
    """A group that has imported a sample, and the client program that did it."""

    world: StackProcess
    traveller: Traveller
    journey: Journey
    sample: SampleData

    @classmethod
    def opened(cls, world: StackProcess, name: str, sample: SampleData) -> Self:
        """A group of its own; its data lie in the bucket NAME-data."""
        traveller = Traveller(world.client, poll_s=0.05)
        journey = Journey(prefix=name, bucket=f"{name}-data")
        traveller.upload(journey, sample)
        traveller.import_data(journey, sample)
        return cls(world, traveller, journey, sample)


def open_domain_group(traveller: Traveller, name: str, bucket: str, **key: str) -> tuple[str, list[str]]:
    """A group of the domain ECOMMERCE that has imported the two tastes: its ARN, and those of what was made in it.

    `key` are members of CreateDatasetGroup.
    """
    personalize, sample, made = traveller.personalize, two_tastes(), []
    group = str(personalize.create_dataset_group(name=name, domain="ECOMMERCE", **key)["datasetGroupArn"])
    traveller.wait("group", partial(personalize.describe_dataset_group, datasetGroupArn=group))
    traveller.s3.create_bucket(Bucket=bucket)
    for kind, schema, csv in (
        ("interactions", sample.interactions_schema, sample.interactions_csv),
        ("items", sample.items_schema, sample.items_csv),
    ):
        traveller.s3.put_object(Bucket=bucket, Key=f"{kind}.csv", Body=csv)
        schema_arn = personalize.create_schema(name=f"{name}-{kind}", schema=json.dumps(schema), domain="ECOMMERCE")[
            "schemaArn"
        ]
        dataset = personalize.create_dataset(name=kind, schemaArn=schema_arn, datasetGroupArn=group, datasetType=kind)[
            "datasetArn"
        ]
        traveller.wait("dataset", partial(personalize.describe_dataset, datasetArn=dataset))
        job = personalize.create_dataset_import_job(
            jobName=f"{name}-{kind}", datasetArn=dataset, dataSource={"dataLocation": f"s3://{bucket}/{kind}.csv"}
        )["datasetImportJobArn"]
        traveller.wait("import", partial(personalize.describe_dataset_import_job, datasetImportJobArn=job))
        made += [dataset, job]
    return group, made
