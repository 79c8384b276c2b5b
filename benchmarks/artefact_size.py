"""Large catalogues: memory of fitting them, size of the artefact, and how soon a fresh process answers from it.

Everything happens in processes of their own, since memory is a process's peak. A catalogue of n items is made up: users
like a few of n / 200 topics, wander from item to near item, and some items are far more popular than others. The
process that answers reads the artefact through the runtime's cache from a store that gives 70 MB/s in all and keeps
every read waiting for 15 ms.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.speed_rows import Row

SIZES = (10_000, 100_000, 1_000_000)
EVENTS_AN_ITEM = {10_000: 50, 100_000: 20, 1_000_000: 5}
BYTES_A_SECOND = 70e6
LATENCY_S = 0.015
HISTORY = 20
_SIZE_BARS = {10_000: "200 MB", 1_000_000: "1000 MB"}


@dataclass(frozen=True)
class _Fitted:
    """A model that was fitted in a process of its own, and what that took."""

    folder: tempfile.TemporaryDirectory[str]
    """Gone when this process ends."""
    facts: Mapping[str, Any]


def artefact_size(_: Path | None, __: int, sizes: tuple[int, ...] = SIZES) -> Iterator[Row]:
    """Bytes of the artefact, histories aside, and what fitting it took; `ours_s` is processor time. Needs no data."""
    for items in sizes:
        facts = _fitted(items).facts
        quality = {name: facts[name] for name in ("artefact_mb", "histories_mb", "peak_mb", "wall_s")}
        name = f"{items:,} items, {facts['events'] / 1e6:.1f}M events"
        yield Row("artefact size", name, None, facts["cpu_s"], bar=_SIZE_BARS.get(items, ""), quality=quality)


def first_answer(_: Path | None, runs: int, sizes: tuple[int, ...] = SIZES) -> Iterator[Row]:
    """Seconds from the start of a fresh process to its first answer, the quietest of `runs`. Needs no data."""
    for items in sizes:
        fitted = _fitted(items)
        starts = [_run("answer", items, fitted.folder.name) for _ in range(max(1, runs))]
        first = min(starts, key=lambda start: float(start["first_s"]))
        told = ("load_s", "read_mb", "reads", "cpu_s", "peak_mb", "next_ms")
        yield Row(
            "first answer at 70 MB/s",
            f"{items:,} items",
            None,
            first["first_s"],
            bar="5 s",
            quality={name: float(first[name]) for name in told},
        )


@cache
def _fitted(items: int) -> _Fitted:
    folder = tempfile.TemporaryDirectory(prefix="reco-large-")
    return _Fitted(folder, _run("fit", items, folder.name))


def _run(step: str, items: int, folder: str) -> dict[str, Any]:
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.artefact_size", step, str(items), folder],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=environment,
        cwd=Path(__file__).parents[1],
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def wandering_users(items: int, events: int, seed: int = 0) -> Any:
    """Interactions of users with 6 to 18 different items, each mostly near the one before."""
    import numpy as np

    from reco.models.interactions import Interactions, offsets_of

    generator = np.random.default_rng(seed)
    users = events // 12
    lengths = generator.integers(6, 19, users)
    topics = max(1, items // 200)
    topic = (topics * generator.random(users) ** 1.5).astype(np.int64)
    place = np.empty(0, np.int64)
    steps: list[Any] = []
    for step in range(18):
        drawn = (200 * generator.random(users) ** 2).astype(np.int64)
        near = drawn if not step else (place + generator.integers(1, 6, users)) % 200
        place = np.where(generator.random(users) < 0.6, near, drawn)
        elsewhere = generator.random(users) < 0.1
        of = np.where(elsewhere, (topics * generator.random(users) ** 1.5).astype(np.int64), topic)
        steps.append(np.minimum(of * 200 + place, items - 1))
    table = np.stack(steps, axis=1)
    kept = np.arange(18) < lengths[:, None]
    # Rows of the catalogue are in the order of ids, which tells nothing of popularity.
    named = generator.permutation(items).astype(np.int32)
    began = generator.integers(0, 86_400 * 90, users)
    times = (began[:, None] + 60 * np.arange(18))[kept]
    return Interactions(offsets_of(lengths), named[table[kept]], times.astype(np.int64), items)


def _fit(items: int, folder: Path) -> dict[str, Any]:
    from reco.artefact import Vocabulary, write_artefact
    from reco.models.fit_settings import FitSettings
    from reco.models.fitting import fit_model
    from reco.models.training_data import TrainingData
    from reco.recipes.catalogue import RECIPES

    interactions = wandering_users(items, EVENTS_AN_ITEM.get(items, 20) * items)
    recipe = next(recipe for recipe in RECIPES if recipe.name == "aws-user-personalization")
    values = {each.name: each.default for each in recipe.hyperparameters}
    said: list[str] = []
    began, started = time.process_time(), time.perf_counter()
    model = fit_model(TrainingData(interactions), "blend", values, FitSettings(say=said.append, threads=2))
    spent, wall, peak = time.process_time() - began, time.perf_counter() - started, _peak_mb()
    names = Vocabulary.from_strings(f"item-{number:09d}" for number in range(items))
    users = Vocabulary.from_strings(f"user-{number:09d}" for number in range(interactions.user_count))
    histories = {"history_items": interactions.items, "history_times": interactions.times}
    histories |= {"history_offsets": interactions.offsets, **users.arrays("users")}
    arrays = {**model.arrays, **names.arrays("items"), **histories}
    write_artefact(folder, kind="model", arrays=arrays, attributes=model.attributes)
    all_bytes = sum(path.stat().st_size for path in folder.iterdir())
    of_histories = sum(array.nbytes for array in histories.values())
    learned = model.attributes["blend"]
    return {
        "events": len(interactions),
        "cpu_s": spent,
        "wall_s": wall,
        "peak_mb": peak,
        "artefact_mb": (all_bytes - of_histories) / 1e6,
        "histories_mb": of_histories / 1e6,
        "queries": learned["queries"],
        "log_likelihood": learned["log_likelihood"],
        "log_likelihood_of_popularity": learned["log_likelihood_of_popularity"],
        "pruning": next((line for line in said if "NDCG" in line), ""),
    }


class _Throttled:
    """A store of local files that gives its bytes at a fixed rate, whoever asks, after a fixed wait."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._line = threading.Lock()
        self._free_at = 0.0
        self.bytes = 0
        self.reads = 0

    def read_text(self, address: str) -> str:
        return self.read_range(address, 0, self._path(address).stat().st_size).decode()

    def read_range(self, address: str, start: int, stop: int) -> bytes:
        with self._path(address).open("rb") as file:
            file.seek(start)
            content = file.read(stop - start)
        with self._line:
            self.bytes += len(content)
            self.reads += 1
            self._free_at = max(self._free_at, time.monotonic()) + len(content) / BYTES_A_SECOND
            ready = self._free_at + LATENCY_S
        time.sleep(max(0.0, ready - time.monotonic()))
        return content

    def _path(self, address: str) -> Path:
        return self._folder / address.rpartition("/")[2]


def _answer(items: int, folder: Path, began: float) -> dict[str, Any]:
    import hashlib

    import numpy as np

    from reco.artefact import Artefact, Vocabulary
    from reco.artefact.manifest import MANIFEST
    from reco.models.query import Query
    from reco.models.served import load_model
    from reco.runtime.model import FAR_ARRAYS
    from reco.storage.artefacts import ArtefactCache

    digest = hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
    store = _Throttled(folder)
    generator = np.random.default_rng(1)

    def load(artefact: Artefact) -> Any:
        return load_model(artefact), artefact, Vocabulary.of(artefact, "users"), artefact.array("history_offsets")

    def ask() -> list[str]:
        # A user's own history is looked up, and another of 20 items anywhere is asked for: no two records lie together.
        user = users.row(f"user-{generator.integers(0, len(users)):09d}")
        start, stop = offsets[user : user + 2].tolist()
        own = [artefact.rows(name, start, stop) for name in ("history_items", "history_times")]
        assert len(own[0]) == len(own[1]) == stop - start
        history = generator.integers(0, items, HISTORY).astype(np.int32)
        answer = model.rank(Query(history, np.arange(HISTORY) + 86_400 * 90, None, None, 25))
        return list(model.items.strings(answer.items.tolist()))

    with tempfile.TemporaryDirectory(prefix="reco-cache-") as cache:
        models = ArtefactCache(Path(cache), store, 10**10, load, by_rows=FAR_ARRAYS)  # type: ignore[arg-type]
        model, artefact, users, offsets = models.fetch("s3://data/model/", digest)
        loaded = time.perf_counter()
        answer = ask()
        first, spent = time.perf_counter(), time.process_time()
        read = {"read_mb": store.bytes / 1e6, "reads": store.reads}
        times = []
        for _ in range(9):
            start = time.perf_counter()
            ask()
            times.append(time.perf_counter() - start)
    assert len(answer) == 25
    return {
        "load_s": loaded - began,
        "first_s": first - began,
        "cpu_s": spent,
        "next_ms": 1000 * sorted(times)[len(times) // 2],
        "peak_mb": _peak_mb(),
        **read,
    }


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _main(arguments: list[str], began: float) -> Mapping[str, Any]:
    step, items, folder = arguments[0], int(arguments[1]), Path(arguments[2])
    return _fit(items, folder) if step == "fit" else _answer(items, folder, began)


if __name__ == "__main__":
    print(json.dumps(_main(sys.argv[1:], time.perf_counter())))
