"""The container's train, from specification to artefact in S3 (moto)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from reco.artefact import Vocabulary
from reco.errors import CorruptArtefact, UserFault
from reco.evaluation.metrics import METRICS
from reco.jobs.specification import SnapshotReference
from reco.jobs.trial import try_model
from reco.models.history import HISTORY_WEIGHTS, MEAN_WEIGHT
from reco.models.query import Query
from reco.models.served import load_model
from reco.recipes.event_parameters import EventParameters, parameters_from
from tests.models.container import Container, Row, container, planted_rows
from tests.schemas import column, schema_text

__all__ = ["container"]  # fixture


def test_a_training_leaves_a_model_that_passes_its_trial(container: Container) -> None:
    rows = planted_rows()
    result = container.run(container.specify(container.put_interactions(rows)))
    assert (result.interactions, result.users, result.items) == (len(rows), 120, 45)
    assert set(result.metrics) == set(METRICS)
    assert all(value == round(value, 4) for value in result.metrics.values())
    assert try_model(container.home, result.artefact_uri, result.artefact_digest) == 20
    artefact = container.open(result)
    assert artefact.attributes["metrics"] == result.metrics
    assert artefact.attributes["recipe"] == "aws-user-personalization"
    assert artefact.attributes["hyperparameters"]["hidden_dimension"] == 32
    users, items = Vocabulary.of(artefact, "users"), Vocabulary.of(artefact, "items")
    user = users.row("u007")
    assert user is not None
    start, stop = (int(place) for place in artefact.rows("history_offsets", user, user + 2))
    history = items.strings(artefact.rows("history_items", start, stop).tolist())
    expected = [row[1] for row in sorted(rows, key=lambda row: row[2]) if row[0] == "u007"]
    assert history == expected
    assert artefact.rows("history_times", start, stop).tolist() == list(range(1000, 1015))


@pytest.mark.parametrize(
    "recipe", ["aws-sims", "aws-similar-items", "aws-popularity-count", "aws-personalized-ranking"]
)
def test_every_recipe_trains_with_its_defaults(container: Container, recipe: str) -> None:
    specification = container.specify(
        container.put_interactions(planted_rows()),
        recipe_arn=f"arn:aws:personalize:::recipe/{recipe}",
        hyperparameters={},
    )
    result = container.run(specification)
    assert set(result.metrics) == set(METRICS)
    assert try_model(container.home, result.artefact_uri, result.artefact_digest) >= 3


def test_streamed_events_count_and_bring_new_users_and_items(container: Container) -> None:
    rows = planted_rows()
    container.stream(("u007", "new item", 2_000), ("new user", "i000", 5), ("new user", "i001", 6))
    result = container.run(container.specify(container.put_interactions(rows)))
    assert (result.interactions, result.users, result.items) == (len(rows) + 3, 121, 46)
    artefact = container.open(result)
    users, items = Vocabulary.of(artefact, "users"), Vocabulary.of(artefact, "items")
    offsets, histories = artefact.array("history_offsets"), artefact.array("history_items")

    def history(user: str) -> list[str]:
        row = users.row(user)
        assert row is not None
        return items.strings(histories[offsets[row] : offsets[row + 1]].tolist())

    assert history("u007")[-1] == "new item"
    assert history("new user") == ["i000", "i001"]
    assert "events_through_ms" in artefact.attributes


def test_a_group_without_an_import_trains_on_streamed_events_alone(container: Container) -> None:
    container.stream(*((row[0], row[1], row[2]) for row in planted_rows(30)))
    result = container.run(container.specify(None, minimum_interactions=100))
    assert (result.users, result.interactions) == (30, 450)


def test_the_frozen_events_are_used_again_by_the_next_attempt(container: Container) -> None:
    specification = container.specify(container.put_interactions(planted_rows()))
    container.stream(("u007", "i000", 1))
    first = container.run(specification)
    container.stream(("u007", "i000", 1), ("u008", "late item", 3))
    again = container.run(specification)
    assert (again.interactions, again.items) == (first.interactions, first.items)
    assert again.artefact_digest == first.artefact_digest


def test_an_update_keeps_what_was_learned_and_takes_new_items_in(container: Container) -> None:
    rows = planted_rows()
    full = container.run(container.specify(container.put_interactions(rows)))
    first = container.open(full)
    container.stream(*((f"u{user:03d}", "a new item", 2_000 + user) for user in range(0, 120, 4)))
    update = container.specify(
        container.put_interactions(rows),
        previous=SnapshotReference(full.artefact_uri, full.artefact_digest, 0),
        frozen_uri="s3://data/frozen/a2/",
        artefact_uri="s3://data/models/a2/",
    )
    result = container.run(update)
    assert "going on from an earlier version" in container.said
    assert not any("learning" in line for line in container.said), "weights are taken over"
    second = container.open(result)
    assert second.attributes["blend"]["weights"] == first.attributes["blend"]["weights"]
    assert try_model(container.home, result.artefact_uri, result.artefact_digest) == 20
    model = load_model(second)
    new = model.items.row("a new item")
    assert new is not None and result.items == full.items + 1
    answer = model.rank(Query(np.array([5], np.int32), np.array([1]), None, None, 500))
    assert new in answer.items.tolist()[:-1]

    container.home.write_text(full.artefact_uri + "manifest.json", "{}")
    with pytest.raises(CorruptArtefact):
        container.run(replace(update, frozen_uri="s3://data/frozen/a3/", artefact_uri="s3://data/models/a3/"))


def test_items_without_interactions_belong_to_the_catalogue_and_come_last(container: Container) -> None:
    snapshots = {
        "INTERACTIONS": container.put_interactions(planted_rows()),
        "ITEMS": container.put_items(["a cold item", "i000", "z cold item"]),
    }
    result = container.run(container.specify(None, snapshots=snapshots))
    assert result.items == 47
    model = load_model(container.open(result))
    nobody = np.empty(0, np.int32), np.empty(0, np.int64)
    for history in (nobody, (np.array([5], np.int32), np.array([1]))):
        answer = model.rank(Query(*history, None, None, 500))
        assert set(model.items.strings(answer.items[-2:].tolist())) == {"a cold item", "z cold item"}


def test_equal_events_count_once(container: Container) -> None:
    rows = planted_rows()
    result = container.run(container.specify(container.put_interactions([*rows, *rows[:500]])))
    assert result.interactions == len(rows)
    other_type = [(user, item, second, "view", None) for user, item, second, *_ in rows]
    specification = container.specify(container.put_interactions([*rows, *other_type], "twice"))
    result = container.run(replace(specification, frozen_uri="s3://data/frozen/a2/"))
    assert result.interactions == 2 * len(rows)
    assert container.open(result).attributes["seen_items"] == "allow"


def test_only_the_asked_event_type_and_value_count(container: Container) -> None:
    rows = planted_rows()
    more: list[Row] = [(f"x{number}", "other", number, "view", 9.0) for number in range(50)]
    low: list[Row] = [(f"y{number}", "cheap", number, "click", 0.5) for number in range(50)]
    unknown: list[Row] = [(f"z{number}", "cheap", number, "click", None) for number in range(50)]
    untyped: list[Row] = [(f"w{number}", "cheap", number, None, 5.0) for number in range(50)]
    snapshot = container.put_interactions([*rows, *more, *low, *unknown, *untyped])
    result = container.run(container.specify(snapshot, event_type="click", event_value_threshold=1.0))
    assert (result.interactions, result.users) == (len(rows), 120)
    kinds = parameters_from(container.open(result).attributes)
    assert kinds == (EventParameters("click", 1.0),)


def test_too_few_interactions_is_the_users_to_mend(container: Container) -> None:
    snapshot = container.put_interactions(planted_rows()[:900])
    with pytest.raises(UserFault, match=r"fewer than 1000 interactions\. There are 900; import or stream more\.$"):
        container.run(container.specify(snapshot))
    with pytest.raises(UserFault) as refused:
        container.run(container.specify(container.put_interactions(planted_rows()), event_type="Buy"))
    assert refused.value.message == (
        "Create failed. Dataset has fewer than 1000 interactions after filtering by event type: Buy. "
        "There are 0; import or stream more."
    )
    with pytest.raises(UserFault, match="fewer than 1 interactions"):
        container.run(container.specify(None, minimum_interactions=0))


def test_too_few_users_is_the_users_to_mend(container: Container) -> None:
    few = [row for row in planted_rows() if row[0] < "u024"]
    with pytest.raises(UserFault, match=r"fewer than 25 users with at least 2 interactions each\. There are 24"):
        container.run(container.specify(container.put_interactions(few), minimum_interactions=100))
    once: list[Row] = [(f"x{number}", "i000", number, "click", 1.0) for number in range(12_000)]
    with pytest.raises(UserFault, match="Fewer than 1% of the users"):
        container.run(container.specify(container.put_interactions([*once, *planted_rows()], "once")))


def test_settings_the_recipe_does_not_take_are_the_users_to_mend(container: Container) -> None:
    with pytest.raises(UserFault, match="hidden_dimension must be a whole number"):
        container.run(container.specify(None, hyperparameters={"hidden_dimension": "9"}))


def test_a_damaged_snapshot_is_not_trained_on(container: Container) -> None:
    snapshot = container.put_interactions(planted_rows())
    container.home.write_text(snapshot.uri + "timestamps.bin", "x" * snapshot.rows * 8)
    with pytest.raises(CorruptArtefact, match=r"timestamps\.bin has sha256"):
        container.run(container.specify(snapshot))


def test_what_events_weigh_stays_beside_the_histories(container: Container) -> None:
    rows: list[Row] = [
        (user, item, time, "buy" if time % 3 else "click", value) for user, item, time, _, value in planted_rows()
    ]
    listed = [{"event_type": "buy", "weight": 0.9}, {"event_type": "click", "weight": 0.3}]
    v2 = "arn:aws:personalize:::recipe/aws-user-personalization-v2"
    specification = container.specify(
        container.put_interactions(rows),
        recipe_arn=v2,
        hyperparameters={},
        events_config={"event_parameters_list": listed},
    )
    result = container.run(specification)
    assert try_model(container.home, result.artefact_uri, result.artefact_digest) == 20
    artefact = container.open(result)
    mean = artefact.attributes[MEAN_WEIGHT]
    assert mean == pytest.approx(0.7, abs=0.01)
    expected = [(0.9 if time % 3 else 0.3) / mean for time in artefact.array("history_times").tolist()]
    assert artefact.array(HISTORY_WEIGHTS).tolist() == pytest.approx(expected)
    assert artefact.attributes["probes"][0]["history_weights"]

    alike = container.run(container.specify(container.put_interactions(rows, "again")))
    names = container.open(alike)
    assert HISTORY_WEIGHTS not in names.names and MEAN_WEIGHT not in names.attributes


def test_an_objective_reaches_the_artefact_and_the_metrics(container: Container) -> None:
    ids = Vocabulary.from_strings(f"i{number:03d}" for number in range(45))
    fields = column("ITEM_ID", "string"), column("PRICE", "float")
    arrays = {**ids.arrays("ids"), "PRICE.numbers": np.arange(45.0)}
    items = container.put_snapshot("priced", "ITEMS", schema_text("Items", *fields), 45, arrays)
    snapshots = {"INTERACTIONS": container.put_interactions(planted_rows()), "ITEMS": items}
    wish = {"item_attribute": "PRICE", "objective_sensitivity": "HIGH"}
    result = container.run(container.specify(None, snapshots=snapshots, optimization_objective=wish))
    assert set(result.metrics) == {*METRICS, "average_rewards_at_k"}
    assert try_model(container.home, result.artefact_uri, result.artefact_digest) == 20
    model = load_model(container.open(result))
    nobody = Query(np.empty(0, np.int32), np.empty(0, np.int64), None, None, 10)
    assert model.rank(nobody).items.mean() > 27
