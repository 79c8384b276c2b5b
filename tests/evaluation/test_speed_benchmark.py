"""What the benchmark of speed rests on: its objective, its data, its turns, and rows that cannot be measured."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks import als_process, artefact_size, speed, synthetic
from benchmarks.__main__ import benchmarks
from benchmarks.alternated import Pairs as Timings
from benchmarks.alternated import alternate
from benchmarks.speed_als import loss, ranking_quality
from benchmarks.speed_rows import Skipped, as_dicts, of_pairs
from reco.models.als import Objective
from tests.models import reference_als
from tests.models.builders import interactions_of, random_pairs


def test_the_loss_by_gram_matrices_is_the_loss_of_all_cells() -> None:
    pairs = random_pairs(4, users=30, items=20, density=0.3)
    generator = np.random.default_rng(0)
    users = generator.normal(size=(30, 5)).astype(np.float32)
    items = generator.normal(size=(20, 5)).astype(np.float32)
    objective = Objective(3.0, 0.7, exponent=0.0)
    slow = reference_als.loss(reference_als.dense(pairs), users, items, objective)
    assert loss(pairs, users, items, objective) == pytest.approx(slow)


def test_a_user_whose_test_item_comes_first_has_full_marks_and_training_items_do_not_count() -> None:
    pairs = random_pairs(1, users=1, items=30, density=0.2)
    left = next(item for item in range(30) if item not in pairs.columns)
    scores = np.zeros((30, 1), np.float32)
    scores[left], scores[pairs.columns] = 1, 9
    test = interactions_of([[left]], 30)
    assert ranking_quality(pairs, test, np.ones((1, 1), np.float32), scores) == (1.0, 1.0)


def test_synthetic_pairs_are_distinct_repeatable_and_about_as_many_as_asked() -> None:
    one, two = (synthetic.pairs(3000, 2000, 60_000, seed=1) for _ in range(2))
    np.testing.assert_array_equal(one.columns, two.columns)
    keys = np.repeat(np.arange(one.height), np.diff(one.offsets)) * one.width + one.columns
    assert len(np.unique(keys)) == len(keys)
    assert 0.85 * 60_000 < len(keys) < 1.15 * 60_000
    popular = np.sort(np.bincount(one.columns, minlength=one.width))[::-1]
    assert popular[:200].sum() > 3 * popular[-200:].sum()


def test_turns_alternate_who_begins_and_ratios_are_medians_of_turns() -> None:
    called: list[str] = []
    alternate(lambda: called.append("ours"), lambda: called.append("peer"), 3)
    assert called == ["ours", "peer", "peer", "ours", "ours", "peer"]
    row = of_pairs("work", "data", 8, Timings([1.0, 2.0, 1.0], [3.0, 2.0, 2.0], [1.0] * 3, [4.0] * 3))
    assert (row.ours_s, row.peer_s, row.ratio, row.cpu_ratio) == (1.0, 2.0, 2.0, 4.0)


def test_a_row_as_json_has_its_quality_beside_its_figures() -> None:
    timings = Timings([1.0], [3.0], [1.0], [4.0])
    (fields,) = as_dicts([of_pairs("work", "data", 8, timings, quality={"objective_ours": 5.0})])
    assert {
        "work": "work",
        "dataset": "data",
        "k": 8,
        "ours_s": 1.0,
        "peer_s": 3.0,
        "ratio": 3.0,
    }.items() <= fields.items()
    assert fields["objective_ours"] == 5.0
    assert "quality" not in fields


def test_a_fit_in_a_process_of_its_own_tells_its_memory(tmp_path: Path) -> None:
    folder = tmp_path
    als_process.save(folder, synthetic.pairs(300, 200, 3000))
    found = als_process.measure(folder, factors=8, epochs=1, threads=2)
    assert found["pairs"] > 1500
    assert found["peak"] >= found["before"] > 0


def test_rows_whose_data_are_absent_are_skipped_in_words(tmp_path: Path) -> None:
    rows = list(speed.measure(tmp_path, ("als-epochs", "als-objective", "training"), 1))
    assert len(rows) == 5
    assert all(isinstance(row, Skipped) and row.why for row in rows)
    assert all(fields["commit"] and fields["cpu"] and fields["blas"] for fields in as_dicts(rows))
    json.dumps(as_dicts(rows))


def test_an_unknown_row_is_refused_by_name() -> None:
    found = CliRunner().invoke(benchmarks, ["speed", "--only", "nonsense"])
    assert found.exit_code != 0
    assert "als-epochs" in found.output


def test_sizes_and_first_answers_of_a_catalogue_come_from_one_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    answers = iter([9.0, 4.0])
    taken = {"artefact_mb": 3.0, "histories_mb": 0.5, "peak_mb": 80.0, "wall_s": 2.0}
    told = {"load_s": 1.0, "read_mb": 3.0, "reads": 4, "cpu_s": 0.9, "peak_mb": 60.0, "next_ms": 2.0}

    def run(step: str, items: int, folder: str) -> dict[str, float]:
        steps.append(step)
        assert items == 70 and Path(folder).is_dir()
        if step == "fit":
            return {"events": 500_000, "cpu_s": 2.5, **taken}
        return {"first_s": next(answers), **told}

    monkeypatch.setattr(artefact_size, "_run", run)
    (size,) = artefact_size.artefact_size(None, 2, (70,))
    (first,) = artefact_size.first_answer(None, 2, (70,))
    assert steps == ["fit", "answer", "answer"]
    assert (size.ours_s, size.quality) == (2.5, taken)
    assert (first.ours_s, first.bar, first.quality) == (4.0, "5 s", told)
    json.dumps(as_dicts([size, first]))
