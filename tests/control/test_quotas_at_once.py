"""Two creators at once: what a quota that is counted promises, and what a slot does."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from reco.arns import Kind
from reco.errors import LimitExceeded
from tests.control.conftest import ROLE, Cloud, settings_with
from tests.control.interleaving import play
from tests.control.test_interleavings import GROUP, Scene


def _tosses(draw: random.Random) -> list[bool]:
    return [draw.random() < 0.5 for _ in range(60)]


def test_two_creators_at_the_last_place_may_both_get_it_and_the_next_is_refused(cloud: Cloud) -> None:
    draw, ends = random.Random(5), set()
    for _ in range(20):
        bench = cloud.bench()
        bench.settings = settings_with(quotas="dataset_groups:2")
        scene = Scene(bench)
        scene.ask("CreateDatasetGroup", name="first")
        callers = [scene.stage.enter(scene.later("CreateDatasetGroup", name=name)) for name in ("one", "two")]
        play(callers[0], callers[1], _tosses(draw))

        refusals = [caller.outcome for caller in callers if isinstance(caller.outcome, Exception)]
        assert all(isinstance(each, LimitExceeded) for each in refusals)
        assert len(refusals) < 2, "the last place is given to somebody"
        assert len(scene.ask("ListDatasetGroups")["dataset_groups"]) == 3 - len(refusals)
        late = scene.stage.enter(scene.later("CreateDatasetGroup", name="late")).finish()
        assert isinstance(late, LimitExceeded)
        ends.add(len(refusals))
        cloud.forget(bench)
    assert ends == {0, 1}


def test_of_two_metric_attributions_in_a_group_one_is(cloud: Cloud) -> None:
    """Also where the place still names one that is gone, whose name one of the two has."""
    draw = random.Random(6)
    metric = {"event_type": "click", "metric_name": "m", "expression": "SAMPLECOUNT()"}
    for round_ in range(12):
        bench = cloud.bench()
        bench.dataset(bench.group(), bench.schema())
        scene = Scene(bench)

        def creating(name: str, scene: Scene = scene) -> Callable[[], Any]:
            asked = {"metrics": [metric], "metrics_output_config": {"role_arn": ROLE}}
            return scene.later("CreateMetricAttribution", name=name, dataset_group_arn=GROUP, **asked)

        if round_ % 2:
            creating("one")()
            bench.settle()
            bench.client.delete_metric_attribution(metricAttributionArn=bench.arn(Kind.METRIC_ATTRIBUTION, "one"))
            bench.settle()
        callers = [scene.stage.enter(creating(name)) for name in ("one", "two")]
        play(callers[0], callers[1], _tosses(draw))

        (refusal,) = [caller.outcome for caller in callers if isinstance(caller.outcome, Exception)]
        assert isinstance(refusal, LimitExceeded)
        assert len(scene.ask("ListMetricAttributions")["metric_attributions"]) == 1
        cloud.forget(bench)
