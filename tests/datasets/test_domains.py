"""Data of domain dataset groups through the import: the columns a domain asks for, by name and by cell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reco.datasets.schemas import check_schema, parse_schema
from reco.datasets.snapshot import CatalogueSnapshot, InteractionSnapshot
from reco.domains import Domain
from reco.errors import UserFault
from reco.storage.objects import Objects
from tests.datasets.test_importing import fetched, home, importing, put
from tests.schemas import PAIRS, schema_text

__all__ = ["home"]

EVENTS = schema_text("Interactions", *PAIRS, {"name": "EVENT_TYPE", "type": "string"})
PRODUCTS = schema_text(
    "Items",
    {"name": "ITEM_ID", "type": "string"},
    {"name": "PRICE", "type": "float"},
    {"name": "CATEGORY_L1", "type": ["string"], "categorical": True},
    {"name": "CATEGORY_L2", "type": ["string", "null"], "categorical": True},
    {"name": "PRODUCT_DESCRIPTION", "type": ["string", "null"], "textual": True},
    {"name": "CREATION_TIMESTAMP", "type": "float"},
)
FILMS = schema_text(
    "Items",
    {"name": "ITEM_ID", "type": "string"},
    {"name": "CREATION_TIMESTAMP", "type": "long"},
    {"name": "GENRES", "type": ["string"], "categorical": True},
    {"name": "AVERAGE_RATING", "type": ["float", "null"]},
)


def imported(objects: Objects, folder: Path, domain: Domain, schema: str, content: str, **more: Any) -> tuple[Any, Any]:
    """The result and the snapshot's artefact of an import with a schema that the domain accepts."""
    check_schema(parse_schema(schema), domain)
    put(objects, "clicks.csv", content.encode())
    dataset_type = parse_schema(schema).dataset_type
    result, _ = importing(objects, folder, dataset_type=dataset_type, schema=schema, minimum_rows=1, **more)
    return result, fetched(objects, result.snapshot, folder / "fetched")


@pytest.mark.parametrize("domain", ["ECOMMERCE", "VIDEO_ON_DEMAND"])
def test_an_event_without_its_type_is_rejected_and_the_column_must_be_there(
    home: Objects, tmp_path: Path, domain: Domain
) -> None:
    content = "EVENT_TYPE,TIMESTAMP,USER_ID,ITEM_ID\nView,1,u,i\n,2,u,i\nPurchase,3,u,i\n"
    result, artefact = imported(home, tmp_path / "1", domain, EVENTS, content, bad_row_share=0.5)
    assert result.rejected_by_reason == {"EVENT_TYPE: empty, but the schema does not allow null": 1}
    assert InteractionSnapshot.of(artefact).columns["EVENT_TYPE"].strings() == ["View", "Purchase"]

    with pytest.raises(UserFault, match=r"missing the following columns:\[EVENT_TYPE\]"):
        imported(home, tmp_path / "2", domain, EVENTS, "USER_ID,ITEM_ID,TIMESTAMP\nu,i,1\n")


def test_products_need_their_price_and_category_and_nothing_that_is_reserved(home: Objects, tmp_path: Path) -> None:
    header = "ITEM_ID,PRICE,CATEGORY_L1,CATEGORY_L2,PRODUCT_DESCRIPTION,CREATION_TIMESTAMP\n"
    content = header + "a,1.5,shoes,,,1586731606\nb,,shoes,,,1\nc,2,,,,1\nd,3,hats|caps,straw,A hat.,1586731606.5\n"
    result, artefact = imported(home, tmp_path, "ECOMMERCE", PRODUCTS, content, bad_row_share=0.5)
    assert result.rejected_by_reason == {
        "PRICE: empty, but the schema does not allow null": 1,
        "CATEGORY_L1: empty, but the schema does not allow null": 1,
    }
    snapshot = CatalogueSnapshot.of(artefact)
    assert list(snapshot.ids) == ["a", "d"]
    assert snapshot.columns["CATEGORY_L2"].strings() == [None, "straw"]
    assert snapshot.columns["CREATION_TIMESTAMP"].numbers.tolist() == [1586731606.0, 1586731606.5]


def test_films_need_their_genres_and_the_time_they_came(home: Objects, tmp_path: Path) -> None:
    content = "ITEM_ID,CREATION_TIMESTAMP,GENRES,AVERAGE_RATING\na,1,Comedy|Drama,\nb,,Drama,4.5\nc,3,,\n"
    result, artefact = imported(home, tmp_path, "VIDEO_ON_DEMAND", FILMS, content, bad_row_share=0.7)
    assert set(result.rejected_by_reason) == {
        "CREATION_TIMESTAMP: empty, but the schema does not allow null",
        "GENRES: empty, but the schema does not allow null",
    }
    assert list(CatalogueSnapshot.of(artefact).ids) == ["a"]


def test_rows_from_before_an_update_of_the_schema_have_null_in_its_new_columns(home: Objects, tmp_path: Path) -> None:
    header = "ITEM_ID,CREATION_TIMESTAMP,GENRES"
    old = FILMS.replace(', {"name": "AVERAGE_RATING", "type": ["float", "null"]}', "")
    assert old != FILMS
    first, _ = imported(home, tmp_path / "1", "VIDEO_ON_DEMAND", old, f"{header}\na,1,Drama\n")
    more = {"mode": "INCREMENTAL", "previous": first.snapshot, "snapshot_uri": "s3://home/groups/g/second/"}
    content = f"{header},AVERAGE_RATING\nb,2,Comedy,4.5\n"

    _, artefact = imported(home, tmp_path / "2", "VIDEO_ON_DEMAND", FILMS, content, **more)

    snapshot = CatalogueSnapshot.of(artefact)
    assert list(snapshot.ids) == ["a", "b"]
    assert snapshot.columns["AVERAGE_RATING"].nulls.tolist() == [1, 0]
