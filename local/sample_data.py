"""Data sets ready for the journey: the generated shop, or MovieLens as GroupLens packs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from local.sample_shop import INTERACTIONS_SCHEMA, ITEMS_SCHEMA, make_shop, to_csv


@dataclass(frozen=True)
class SampleData:
    """What one journey needs: files as a user would put them into S3, and titles for people."""

    name: str
    interactions_csv: bytes
    interactions_schema: Mapping[str, Any]
    items_csv: bytes
    items_schema: Mapping[str, Any]
    titles: Mapping[str, str]
    """Title by item id."""
    groups: Mapping[str, str]
    """Department or genres by item id."""
    histories: Mapping[str, list[str]]
    """Item ids by user, oldest first."""
    event_type: str
    """The type of event that the journey sends."""
    event_value: float | None = None
    """Its EVENT_VALUE, high enough for the solution's threshold; None when the data have none."""
    solution_config: Mapping[str, Any] = field(default_factory=dict)
    tastes: Mapping[str, str] = field(default_factory=dict)
    """What the generator planted, by user; empty for real data."""


def shop_data(seed: int = 7) -> SampleData:
    """The generated shop."""
    shop = make_shop(seed)
    return SampleData(
        name="a small shop, generated",
        interactions_csv=to_csv(shop.interactions),
        interactions_schema=INTERACTIONS_SCHEMA,
        items_csv=to_csv(shop.items),
        items_schema=ITEMS_SCHEMA,
        titles=dict(zip(shop.items["ITEM_ID"], shop.items["TITLE"], strict=True)),
        groups=dict(zip(shop.items["ITEM_ID"], shop.items["DEPARTMENT"], strict=True)),
        histories=_histories(shop.interactions),
        event_type="View",
        tastes=dict(zip(shop.users["USER_ID"], shop.users["TASTES"], strict=True)),
    )


def movielens_data(folder: Path) -> SampleData:
    """MovieLens from a folder that holds ratings and movies, as .csv or .csv.gz, at any depth.

    Raises:
        FileNotFoundError: one of the two is missing; the message says which.
    """
    ratings = pd.read_csv(_find(folder, "ratings"), dtype={"userId": str, "movieId": str})
    movies = pd.read_csv(_find(folder, "movies"), dtype={"movieId": str})
    interactions = pd.DataFrame(
        {
            "USER_ID": ratings["userId"],
            "ITEM_ID": ratings["movieId"],
            "TIMESTAMP": ratings["timestamp"],
            "EVENT_TYPE": "Rating",
            "EVENT_VALUE": ratings["rating"],
        }
    ).sort_values(["TIMESTAMP", "USER_ID"], kind="stable", ignore_index=True)
    year = movies["title"].str.extract(r"\((\d{4})\)\s*$")[0]
    items = pd.DataFrame(
        {
            "ITEM_ID": movies["movieId"],
            "TITLE": movies["title"],
            "GENRES": movies["genres"].replace("(no genres listed)", ""),
            "YEAR": year,
        }
    )
    liked = interactions[interactions["EVENT_VALUE"] >= 4]
    record = {"type": "record", "namespace": "com.amazonaws.personalize.schema", "version": "1.0"}
    return SampleData(
        name=f"MovieLens in {folder}",
        interactions_csv=to_csv(interactions),
        interactions_schema={
            **record,
            "name": "Interactions",
            "fields": [
                *INTERACTIONS_SCHEMA["fields"],
                {"name": "EVENT_VALUE", "type": ["null", "float"]},
            ],
        },
        items_csv=to_csv(items),
        items_schema={
            **record,
            "name": "Items",
            "fields": [
                {"name": "ITEM_ID", "type": "string"},
                {"name": "TITLE", "type": ["null", "string"]},
                {"name": "GENRES", "type": ["null", "string"], "categorical": True},
                {"name": "YEAR", "type": ["null", "int"]},
            ],
        },
        titles=dict(zip(items["ITEM_ID"], items["TITLE"], strict=True)),
        groups=dict(zip(items["ITEM_ID"], items["GENRES"].str.replace("|", ", "), strict=True)),
        histories=_histories(liked),
        event_type="Rating",
        event_value=5.0,
        # Ratings below 4 say what people did not like: the model learns from the others.
        solution_config={"eventValueThreshold": "4"},
    )


def _histories(interactions: pd.DataFrame) -> dict[str, list[str]]:
    return {str(user): list(items) for user, items in interactions.groupby("USER_ID")["ITEM_ID"]}


def _find(folder: Path, stem: str) -> Path:
    for pattern in (f"{stem}.csv", f"{stem}.csv.gz"):
        for path in sorted(folder.rglob(pattern)):
            return path
    raise FileNotFoundError(f"{folder} holds no {stem}.csv or {stem}.csv.gz")
