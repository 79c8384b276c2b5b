"""A version without a name: the request that an SDK sends again is not a second training, the user's second one is."""

from __future__ import annotations

from tests.control.conftest import Bench, refused
from tests.faults import Faults, Repeated


def test_a_version_whose_answer_was_lost_is_answered_again_and_trained_once(bench: Bench) -> None:
    solution = bench.solution(ready_group(bench))
    with Faults() as faults:
        faults.add(bench.client, "CreateSolutionVersion", Repeated())
        first = bench.client.create_solution_version(solutionArn=solution)["solutionVersionArn"]
        assert faults.count() == 1
    listed = bench.client.list_solution_versions(solutionArn=solution)["solutionVersions"]
    assert [each["solutionVersionArn"] for each in listed] == [first]
    assert len(bench.machines.started) == 1
    assert bench.client.create_solution_version(solutionArn=solution)["solutionVersionArn"] != first


def test_a_version_with_a_name_is_there_already_when_it_is_sent_again(bench: Bench) -> None:
    solution = bench.solution(ready_group(bench))
    with Faults() as faults:
        faults.add(bench.client, "CreateSolutionVersion", Repeated())
        asked = {"solutionArn": solution, "name": "spring"}
        refused("ResourceAlreadyExistsException", bench.client.create_solution_version, **asked)
    assert len(bench.client.list_solution_versions(solutionArn=solution)["solutionVersions"]) == 1


def ready_group(bench: Bench) -> str:
    """A group with what a solution needs."""
    group = bench.group()
    bench.dataset(group, bench.schema())
    return group
