"""The smallest machine that holds the job, and a refusal that says what would."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reco.errors import UserFault
from reco.jobs.tiers import DENSE_ITEMS, choose, import_need, training_need
from reco.models.families import blend_fitting

MEASURED = [
    (20_000, 500, 386),
    (30_000, 1_000, 490),
    (60_000, 2_000, 772),
    (100_000, 3_000, 957),
    (100_000, 4_000, 888),
    (130_000, 4_000, 1_087),
    (200_000, 6_000, 2_076),
    (500_000, 10_000, 899),
    (3_000_000, 1_000_000, 3_880),
]
"""Interactions, items, peak megabytes of a process that fitted a blend on them with two threads."""


@pytest.mark.parametrize(
    ("csv_bytes", "tier"),
    [(0, "function"), (500_000_000, "function"), (600_000_000, "instance"), (3_700_000_000, "instance")],
)
def test_an_import_goes_by_the_size_of_its_input(csv_bytes: int, tier: str) -> None:
    assert choose(import_need(csv_bytes, 0, 0), 3008, "ml.m5.xlarge").tier == tier


def test_gzip_counts_as_what_it_unpacks_to() -> None:
    assert choose(import_need(200_000_000, 200_000_000, 0), 3008, "ml.m5.xlarge").tier == "instance"


def test_incremental_counts_the_rows_it_adds_to() -> None:
    assert choose(import_need(1000, 0, 50_000_000), 3008, "ml.m5.xlarge").tier == "instance"


@pytest.mark.parametrize(
    ("interactions", "tier"), [(100_000, "function"), (9_000_000, "function"), (10_000_000, "instance")]
)
def test_a_training_goes_by_its_interactions(interactions: int, tier: str) -> None:
    assert choose(training_need(interactions), 3008, "ml.m5.xlarge").tier == tier


def test_a_larger_function_takes_more() -> None:
    assert choose(training_need(30_000_000), 10_240, "ml.m5.xlarge").tier == "function"


def test_too_much_for_the_instance_type_names_one_that_suffices() -> None:
    with pytest.raises(UserFault, match=r"-c instanceType=ml\.m5\.4xlarge"):
        choose(training_need(250_000_000), 3008, "ml.m5.xlarge")


def test_an_unknown_instance_type_is_believed_to_suffice() -> None:
    assert choose(training_need(900_000_000), 3008, "ml.r7i.48xlarge").tier == "instance"


def test_more_than_one_machine_holds_is_refused() -> None:
    with pytest.raises(UserFault, match="cluster is not available in this version"):
        training_need(1_000_000_001)
    with pytest.raises(UserFault, match="100 GB"):
        import_need(100_000_000_001, 0, 0)


@pytest.mark.parametrize(
    ("interactions", "items", "tier"),
    [
        (0, None, "function"),
        (1_000, None, "function"),
        (20_000, 150, "function"),
        (100_000, 9_700, "function"),
        (500_000, 10_000, "function"),
        (800_000, 3_700, "function"),
        (5_000_000, 1_000, "function"),
        (5_000_000, 6_000, "instance"),
        (5_000_000, None, "instance"),
        (3_000_000, 1_000_000, "instance"),
        (50_000_000, 1_000_000, "instance"),
    ],
)
def test_a_blend_goes_by_its_catalogue_too(interactions: int, items: int | None, tier: str) -> None:
    need = training_need(interactions, blend=True, items=items)
    assert choose(need, 3008, "ml.m5.xlarge").tier == tier


@pytest.mark.parametrize(("interactions", "items", "peak"), MEASURED)
def test_a_blend_is_expected_to_take_no_less_than_was_measured(interactions: int, items: int, peak: int) -> None:
    need = training_need(interactions, blend=True, items=items)
    assert need.memory_bytes + need.held_bytes >= peak * 1e6


def test_the_tables_of_a_blend_are_those_that_are_fitted() -> None:
    assert blend_fitting.DENSE_LIMIT == DENSE_ITEMS


def test_items_that_nobody_counted_are_as_many_as_interactions() -> None:
    assert training_need(4_000, blend=True).held_bytes == training_need(4_000, blend=True, items=4_000).held_bytes


def test_tables_that_alone_fill_a_machine_need_a_larger_one() -> None:
    need = training_need(1_000, blend=True, items=1_000)
    assert choose(need, 256, "ml.m5.large").tier == "instance"
    with pytest.raises(UserFault, match=r"-c instanceType=ml\.m5\.2xlarge"):
        choose(training_need(60_000_000, blend=True, items=1_000_000), 3008, "ml.m5.large")


@given(st.integers(0, 10**8), st.integers(0, 10**8), st.integers(0, 10**7), st.integers(0, 10**7))
def test_more_items_or_interactions_never_get_a_blend_a_smaller_machine(
    one: int, other: int, items: int, others: int
) -> None:
    order = {"function": 0, "instance": 1}
    (fewer, more), (few, many) = sorted((one, other)), sorted((items, others))
    tiers = [
        order[choose(training_need(rows, blend=True, items=columns), 3008, "ml.unknown").tier]
        for rows, columns in ((fewer, few), (more, few), (more, many))
    ]
    assert tiers == sorted(tiers)


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_more_input_never_gets_a_smaller_machine(one: int, other: int) -> None:
    order = {"function": 0, "instance": 1}
    small, large = sorted((one, other))
    tiers = [order[choose(training_need(each), 3008, "ml.unknown").tier] for each in (small, large)]
    assert tiers == sorted(tiers)
