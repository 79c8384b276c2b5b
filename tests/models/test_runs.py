"""Runs cover every row once and in order, and none is larger than it must be."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reco.models.runs import runs_of


@given(st.lists(st.integers(0, 20), max_size=40), st.integers(0, 30))
def test_runs_cover_all_rows_in_order_and_hold_twice_their_work_at_most(work: list[int], most: int) -> None:
    runs = list(runs_of(np.array(work), most))
    assert [row for run in runs for row in range(run.start, run.stop)] == list(range(len(work)))
    for run in runs:
        assert sum(work[run]) <= max(most, 1) + max(work[run])
