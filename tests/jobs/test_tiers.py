"""The smallest machine that holds the job, and a refusal that says what would."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reco.errors import UserFault
from reco.jobs.tiers import choose, import_need, training_need


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


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_more_input_never_gets_a_smaller_machine(one: int, other: int) -> None:
    order = {"function": 0, "instance": 1}
    small, large = sorted((one, other))
    tiers = [order[choose(training_need(each), 3008, "ml.unknown").tier] for each in (small, large)]
    assert tiers == sorted(tiers)
