"""Artefacts on local disk: fetched once, whole or not at all, and gone when room is needed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import ClientError

from reco.artefact import Artefact, write_artefact
from reco.errors import CorruptArtefact
from reco.storage import artefacts
from reco.storage.artefacts import ArtefactCache
from reco.storage.objects import Objects
from tests.aws import SESSION, in_moto
from tests.faults import Faults, Refusal


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with in_moto(monkeypatch):
        client = SESSION.client("s3")
        client.create_bucket(Bucket="data")
        yield client


def publish(s3: Any, folder: Path, name: str, rows: int = 100) -> tuple[str, str]:
    """Address and digest of an artefact with two arrays of `rows` rows."""
    arrays = {
        "vectors": np.arange(rows * 2, dtype=np.float32).reshape(rows, 2),
        "history": np.arange(rows),
        "no": np.empty(0),
    }
    digest = write_artefact(folder / name, kind="model", arrays=arrays, attributes={"name": name})
    address = f"s3://data/models/{name}/"
    Objects(s3).upload_folder(folder / name, address)
    return address, digest


def cache(s3: Any, folder: Path, limit_bytes: int = 10**9, **more: Any) -> ArtefactCache[Artefact]:
    return ArtefactCache(folder / "cache", Objects(s3), limit_bytes, lambda artefact: artefact, **more)


def count_requests(s3: Any, operation: str) -> list[str]:
    requests: list[str] = []
    s3.meta.events.register(f"provide-client-params.s3.{operation}", lambda params, **_: requests.append(params["Key"]))
    return requests


def test_an_artefact_comes_as_it_was_published_and_is_fetched_once(s3: Any, tmp_path: Path) -> None:
    address, digest = publish(s3, tmp_path, "one")
    models = cache(s3, tmp_path)
    requests = count_requests(s3, "GetObject")
    artefact = models.fetch(address, digest)
    before = len(requests)
    assert models.fetch(address, digest) is artefact
    assert len(requests) == before
    assert artefact.array("vectors").tolist() == np.arange(200).reshape(100, 2).tolist()
    assert len(artefact.array("no")) == 0
    assert artefact.attributes == {"name": "one"}


def test_callers_at_the_same_time_fetch_once(s3: Any, tmp_path: Path) -> None:
    address, digest = publish(s3, tmp_path, "one")
    loads: list[Artefact] = []

    def load(artefact: Artefact) -> Artefact:
        loads.append(artefact)
        return artefact

    models = ArtefactCache(tmp_path / "cache", Objects(s3), 10**9, load)
    everyone = threading.Barrier(8)

    def fetch(_: int) -> None:
        everyone.wait()
        models.fetch(address, digest)

    with ThreadPoolExecutor(8) as callers:
        list(callers.map(fetch, range(8)))
    assert len(loads) == 1


def test_another_manifest_than_the_one_meant_is_refused(s3: Any, tmp_path: Path) -> None:
    address, _ = publish(s3, tmp_path, "one")
    with pytest.raises(CorruptArtefact, match="expected 000"):
        cache(s3, tmp_path).fetch(address, "0" * 64)


def test_a_missing_artefact_is_refused(s3: Any, tmp_path: Path) -> None:
    with pytest.raises(CorruptArtefact, match=r"s3://data/models/none/ has no manifest\.json"):
        cache(s3, tmp_path).fetch("s3://data/models/none/", "0" * 64)


def test_a_short_file_is_refused_and_a_later_fetch_starts_anew(s3: Any, tmp_path: Path) -> None:
    address, digest = publish(s3, tmp_path, "one")
    whole = s3.get_object(Bucket="data", Key="models/one/vectors.bin")["Body"].read()
    s3.put_object(Bucket="data", Key="models/one/vectors.bin", Body=whole[:-1])
    models = cache(s3, tmp_path)
    with pytest.raises(CorruptArtefact, match=r"vectors\.bin has 799 bytes, expected 800"):
        models.fetch(address, digest)
    assert list((tmp_path / "cache").iterdir()) == []
    s3.put_object(Bucket="data", Key="models/one/vectors.bin", Body=whole)
    assert models.fetch(address, digest).digest == digest


def test_a_fetch_that_fails_in_the_middle_leaves_nothing_that_looks_whole(s3: Any, tmp_path: Path) -> None:
    address, digest = publish(s3, tmp_path, "one")
    faults = Faults()
    faults.add(s3, "GetObject", Refusal("AccessDenied"), skip=2, times=1)
    models = cache(s3, tmp_path)
    with pytest.raises(ClientError, match="AccessDenied"):
        models.fetch(address, digest)
    assert list((tmp_path / "cache").iterdir()) == []
    assert models.fetch(address, digest).digest == digest


def test_the_least_recently_used_makes_room(s3: Any, tmp_path: Path) -> None:
    one, two, three = (publish(s3, tmp_path, name) for name in ("one", "two", "three"))
    models = cache(s3, tmp_path, limit_bytes=2 * 1600)
    first = models.fetch(*one)
    models.fetch(*two)
    models.fetch(*one)
    models.fetch(*three)
    assert {path.name for path in (tmp_path / "cache").iterdir()} == {one[1], three[1]}
    assert models.fetch(*one) is first
    models.fetch(*two)
    assert {path.name for path in (tmp_path / "cache").iterdir()} == {one[1], two[1]}


def test_an_artefact_that_made_room_still_answers_who_holds_it(s3: Any, tmp_path: Path) -> None:
    one, two = (publish(s3, tmp_path, name) for name in ("one", "two"))
    models = cache(s3, tmp_path, limit_bytes=1)
    held = models.fetch(*one)
    models.fetch(*two)
    assert not (tmp_path / "cache" / one[1]).exists()
    assert held.array("vectors").sum() == np.arange(200).sum()


def test_a_large_array_of_rows_stays_in_s3_and_its_rows_are_read_from_there(s3: Any, tmp_path: Path) -> None:
    address, digest = publish(s3, tmp_path, "one")
    models = cache(s3, tmp_path, by_rows=("history",), first_read_bytes=800)
    artefact = models.fetch(address, digest)
    assert not (tmp_path / "cache" / digest / "history.bin").exists()
    requests = count_requests(s3, "GetObject")
    assert artefact.rows("history", 7, 10).tolist() == [7, 8, 9]
    assert requests == ["models/one/history.bin"]
    assert artefact.rows("history", 3, 3).tolist() == []
    assert artefact.rows("vectors", 1, 2).tolist() == [[2.0, 3.0]]
    with pytest.raises(ValueError, match="read its rows"):
        artefact.array("history")


@pytest.mark.parametrize(
    ("most", "left"),
    [(2000, set()), (1999, {"large"}), (1200, {"large"}), (1199, {"large", "small"}), (0, {"large", "small"})],
)
def test_the_largest_arrays_of_rows_stay_in_s3_until_little_enough_is_fetched(
    s3: Any, tmp_path: Path, most: int, left: set[str]
) -> None:
    arrays = {"whole": np.zeros(500, np.uint8), "large": np.zeros(800, np.uint8), "small": np.zeros(700, np.uint8)}
    digest = write_artefact(tmp_path / "three", kind="model", arrays=arrays, attributes={})
    Objects(s3).upload_folder(tmp_path / "three", "s3://data/models/three/")
    models = cache(s3, tmp_path, by_rows=("large", "small"), first_read_bytes=most)
    artefact = models.fetch("s3://data/models/three/", digest)
    assert {name for name in arrays if not artefact.is_here(name)} == left


def test_many_rows_from_afar_are_read_side_by_side_and_close_ones_together(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artefacts, "_NEAR_BYTES", 8 * 5)
    address, digest = publish(s3, tmp_path, "one")
    artefact = cache(s3, tmp_path, by_rows=("history",), first_read_bytes=800).fetch(address, digest)
    requests = count_requests(s3, "GetObject")
    spans = [(90, 93), (7, 10), (3, 3), (12, 14), (8, 9), (50, 51)]
    found = artefact.spans("history", spans)
    assert [rows.tolist() for rows in found] == [list(range(start, stop)) for start, stop in spans]
    assert len(requests) == 3
    assert not artefact.is_here("history")
    assert artefact.is_here("vectors")
    assert [rows[:, 0].tolist() for rows in artefact.spans("vectors", [(1, 3), (0, 1)])] == [[2, 4], [0]]
