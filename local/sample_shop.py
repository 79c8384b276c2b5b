"""A small shop made from a seed: people with tastes, goods in departments, a season of clicks and purchases.

The demonstration runs on it and tests know what they planted: every user has one or two favourite departments and a
purse, and three of four events come from there. What a good recommender must find is therefore known beforehand.
"""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

DEPARTMENTS: dict[str, tuple[str, ...]] = {
    "Coffee": ("Burr grinder", "Pour-over kettle", "Espresso tamper", "Filter cone", "Bean canister", "Milk jug"),
    "Tea": ("Cast-iron pot", "Matcha whisk", "Leaf strainer", "Tasting set", "Porcelain cup", "Tin caddy"),
    "Running": ("Trail shoe", "Reflective vest", "Hydration belt", "Wool sock", "Race singlet", "Head torch"),
    "Cycling": ("Track pump", "Bar bag", "Rear light", "Chain whip", "Rain cape", "Bottle cage"),
    "Garden": ("Pruning saw", "Seed tray", "Hand fork", "Watering can", "Kneeling mat", "Plant label"),
    "Kitchen": ("Cast-iron pan", "Paring knife", "Bread tin", "Stock pot", "Rolling pin", "Pepper mill"),
    "Board games": ("Railway game", "Deduction game", "Dice tower", "Card sleeves", "Tile game", "Two-player duel"),
    "Photography": ("Tripod head", "Lens cloth", "Camera strap", "Film scanner", "Light meter", "Print album"),
    "Camping": ("Two-person tent", "Down quilt", "Gas stove", "Dry bag", "Folding chair", "Enamel mug"),
    "Knitting": ("Merino skein", "Bamboo needles", "Stitch markers", "Yarn bowl", "Cable hook", "Pattern book"),
    "Audio": ("Record brush", "Bookshelf speaker", "Headphone stand", "Phono stage", "Speaker cable", "Turntable mat"),
    "Desk": ("Task lamp", "Fountain pen", "Laptop stand", "Dotted notebook", "Cable tray", "Desk mat"),
}
MAKES = ("Alder", "Brook", "Cinder", "Dune", "Ember", "Fjord", "Grove", "Haven")
SEASON_START = 1_735_689_600
"""1 January 2025, seconds since the epoch."""
SEASON_DAYS = 180

INTERACTIONS_SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "Interactions",
    "namespace": "com.amazonaws.personalize.schema",
    "fields": [
        {"name": "USER_ID", "type": "string"},
        {"name": "ITEM_ID", "type": "string"},
        {"name": "TIMESTAMP", "type": "long"},
        {"name": "EVENT_TYPE", "type": "string"},
    ],
    "version": "1.0",
}
ITEMS_SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "Items",
    "namespace": "com.amazonaws.personalize.schema",
    "fields": [
        {"name": "ITEM_ID", "type": "string"},
        {"name": "TITLE", "type": ["null", "string"]},
        {"name": "DEPARTMENT", "type": ["null", "string"], "categorical": True},
        {"name": "PRICE", "type": ["null", "float"]},
        {"name": "DESCRIPTION", "type": ["null", "string"], "textual": True},
        {"name": "CREATION_TIMESTAMP", "type": "long"},
    ],
    "version": "1.0",
}


@dataclass(frozen=True)
class Shop:
    """Three tables, in the columns of Amazon Personalize; `users` is the truth that tests compare with."""

    items: pd.DataFrame
    """ITEM_ID, TITLE, DEPARTMENT, PRICE, DESCRIPTION, CREATION_TIMESTAMP."""
    interactions: pd.DataFrame
    """USER_ID, ITEM_ID, TIMESTAMP, EVENT_TYPE; in order of time."""
    users: pd.DataFrame
    """USER_ID, TASTES (departments joined by |): never shown to the recommender."""


def make_shop(seed: int = 7, users: int = 500, events_per_user: int = 40) -> Shop:
    """The same shop for the same arguments."""
    random = np.random.default_rng(seed)
    items = _make_items(random)
    names = np.array(list(DEPARTMENTS))
    department_of_item = items["DEPARTMENT"].to_numpy()
    rows_of = {name: np.flatnonzero(department_of_item == name) for name in names}
    appeal = random.lognormal(0.0, 0.8, len(items))
    price = items["PRICE"].to_numpy()
    department_weight = random.dirichlet(np.full(len(names), 6.0))

    truth: list[tuple[str, str]] = []
    events: list[tuple[str, str, int, str]] = []
    for number in range(users):
        user = f"user-{number:04d}"
        tastes = random.choice(names, size=random.integers(1, 3), replace=False, p=department_weight)
        truth.append((user, "|".join(sorted(tastes))))
        purse = random.lognormal(3.4, 0.5)
        affordable = appeal / (1 + np.abs(np.log(price / purse)))
        own = np.concatenate([rows_of[name] for name in tastes])
        count = max(4, int(random.poisson(events_per_user)))
        from_taste = random.random(count) < 0.75
        seen: set[int] = set()
        moments = np.sort(random.integers(0, SEASON_DAYS * 86_400, count)) + SEASON_START
        for moment, tasteful in zip(moments, from_taste, strict=True):
            pool = own if tasteful else np.arange(len(items))
            row = int(random.choice(pool, p=affordable[pool] / affordable[pool].sum()))
            if row in seen:
                continue
            seen.add(row)
            kind = "Purchase" if random.random() < 0.15 else "View"
            events.append((user, str(items["ITEM_ID"].iat[row]), int(moment), kind))
    interactions = pd.DataFrame(events, columns=["USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE"])
    interactions = interactions.sort_values(["TIMESTAMP", "USER_ID"], kind="stable", ignore_index=True)
    return Shop(items, interactions, pd.DataFrame(truth, columns=["USER_ID", "TASTES"]))


def _make_items(random: np.random.Generator) -> pd.DataFrame:
    records: list[dict[str, Any]] = []
    for department, goods in DEPARTMENTS.items():
        for thing in goods:
            base = random.lognormal(3.2, 0.6)
            for make in MAKES:
                price = round(float(base * random.lognormal(0, 0.35)), 2)
                records.append(
                    {
                        "ITEM_ID": f"item-{len(records):04d}",
                        "TITLE": f"{make} {thing.lower()}",
                        "DEPARTMENT": department,
                        "PRICE": price,
                        "DESCRIPTION": f"{thing} by {make}, made for people who care about {department.lower()}.",
                        "CREATION_TIMESTAMP": SEASON_START - int(random.integers(1, 400)) * 86_400,
                    }
                )
    return pd.DataFrame(records)


def to_csv(table: pd.DataFrame) -> bytes:
    """UTF-8 CSV with a header, quotes escaped by doubling."""
    text = io.StringIO()
    table.to_csv(text, index=False, lineterminator="\n")
    return text.getvalue().encode()


def write_files(folder: Path) -> None:
    """The shop's interactions.csv and items.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    shop = make_shop()
    (folder / "interactions.csv").write_bytes(to_csv(shop.interactions))
    (folder / "items.csv").write_bytes(to_csv(shop.items))


if __name__ == "__main__":
    write_files(Path(sys.argv[1]))
