"""`reco demo`: the journey from a file to live recommendations, shown step by step."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from local.journey import Journey, Traveller
    from local.sample_data import SampleData

METRIC_SENTENCES = {
    "coverage": "share of the catalogue that is recommended to somebody",
    "mean_reciprocal_rank_at_25": "1 / rank of the first hit, mean",
    "normalized_discounted_cumulative_gain_at_10": "hits near the top count more, 1 is perfect",
    "precision_at_10": "share of the ten that were hits",
}

WELL_KNOWN = 300
"""How many of the most popular items count as well known."""


@click.command()
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A MovieLens folder (ratings.csv and movies.csv, .gz or not) instead of the generated shop.",
)
def demo(data: Path | None) -> None:
    """Data in, model trained, recommendations out, an event, a changed answer: all on this machine."""
    console = Console()
    began = time.perf_counter()
    from local.journey import Journey, Traveller
    from local.sample_data import movielens_data, shop_data

    try:
        sample = movielens_data(data) if data else shop_data()
    except FileNotFoundError as error:
        raise click.ClickException(str(error)) from error
    console.rule(f"Data: {sample.name}")
    rows = sample.interactions_csv.count(b"\n") - 1
    console.print(f"{rows:,} interactions of {len(sample.histories):,} people with {len(sample.titles):,} items\n")
    console.print("[dim]starting the stack: API, tables, bucket, state machines, all in this process[/]")

    from local.world import World

    with World(port=0) as world:
        console.print(f"[dim]ready at {world.endpoint} after {time.perf_counter() - began:.1f} s[/]\n")
        traveller = Traveller(
            world.client, lambda line: console.print(f"  [dim]{time.perf_counter() - began:5.1f} s[/]  {line}")
        )
        journey = Journey(prefix="demo", bucket="demo-data")
        _build(console, traveller, journey, sample)
        _show(console, traveller, journey, sample)
    console.print(
        f"\nDone in {time.perf_counter() - began:.1f} s. Your own data next: [bold]make up[/], then README.md."
    )


def _build(console: Console, traveller: Traveller, journey: Journey, sample: SampleData) -> None:
    console.rule("Import")
    traveller.upload(journey, sample)
    traveller.import_data(journey, sample)
    console.rule("Train and deploy")
    for recipe in ("user-personalization", "similar-items"):
        traveller.start_training(journey, recipe, dict(sample.solution_config) or None)
    traveller.make_tracker(journey)
    for recipe in ("user-personalization", "similar-items"):
        traveller.deploy(journey, recipe)


def _show(console: Console, traveller: Traveller, journey: Journey, sample: SampleData) -> None:
    metrics = traveller.read_metrics(journey, "user-personalization")
    table = Table(title="Measured on held-out people", title_justify="left")
    table.add_column("metric", no_wrap=True)
    table.add_column("value")
    table.add_column("what it says")
    for name, value in metrics.items():
        table.add_row(name, f"{value:.4f}", METRIC_SENTENCES.get(name, ""))
    console.print(table)

    campaign = journey.arns["user-personalization campaign"]
    console.rule("Recommendations")
    people = _three_people(sample)
    for user in people:
        answer = traveller.recommend(campaign, user=user)
        liked = ", ".join(sample.titles[item] for item in sample.histories[user][-4:])
        taste = f" (planted taste: {sample.tastes[user].replace('|', ', ')})" if sample.tastes else ""
        console.print(_answer_table(f"user {user}{taste}\nlately: {liked}", answer, sample))

    user = people[0]
    seen_now = _items_unlike(sample, user, 3)
    console.rule("Three events, and the changed answer")
    for item in seen_now:
        console.print(f"user {user}: {sample.event_type} of [bold]{sample.titles[item]}[/] ({sample.groups[item]})")
    before = traveller.recommend(campaign, user=user, count=10)
    for item in seen_now:
        traveller.send_event(journey, user, item, sample.event_type, value=sample.event_value)
    after = traveller.recommend(campaign, user=user, count=10)
    console.print(
        _answer_table("the very next answer (* is new)", after, sample, {entry["itemId"] for entry in before})
    )

    console.rule("Similar items")
    answer = traveller.recommend(journey.arns["similar-items campaign"], item=seen_now[0])
    console.print(_answer_table(f"to {sample.titles[seen_now[0]]}", answer, sample))


def _three_people(sample: SampleData) -> list[str]:
    by_length = sorted(sample.histories, key=lambda user: (-len(sample.histories[user]), user))
    return [by_length[len(by_length) // 4], by_length[len(by_length) // 2], by_length[3 * len(by_length) // 4]]


def _items_unlike(sample: SampleData, user: str, count: int) -> list[str]:
    """Well-known items of one kind, the one this user touched least; most popular first, none seen before.

    An item's kind is its first group, such as the first genre of a film.
    """
    seen = set(sample.histories[user])
    popular = Counter(item for items in sample.histories.values() for item in items if item not in seen)
    known = Counter(_kind(sample, item) for item in seen)
    best = [item for item, _ in popular.most_common(WELL_KNOWN)]
    kinds = Counter(_kind(sample, item) for item in best)
    kind = min(sorted(each for each in kinds if kinds[each] >= count), key=lambda each: known[each])
    return [item for item in best if _kind(sample, item) == kind][:count]


def _kind(sample: SampleData, item: str) -> str:
    return sample.groups[item].partition(",")[0]


def _answer_table(
    title: str, answer: list[dict[str, Any]], sample: SampleData, before: set[str] | None = None
) -> Table:
    table = Table("", "title", "group", "score", title=title, title_justify="left", title_style="bold")
    for place, entry in enumerate(answer, 1):
        item = entry["itemId"]
        new = " *" if before is not None and item not in before else ""
        score = f"{entry['score']:.4f}" if "score" in entry else ""
        table.add_row(str(place), sample.titles.get(item, item) + new, sample.groups.get(item, ""), score)
    return table
