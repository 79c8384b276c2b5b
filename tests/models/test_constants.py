"""Artefacts of older and newer programs: read with what they meant, or refused by name."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from reco.errors import CorruptArtefact
from reco.models.als import Objective
from reco.models.constants import read_constants
from reco.models.families.blend import BlendModel
from reco.models.fit_settings import FitSettings
from reco.models.fitting import fit_model
from reco.models.history import HistoryWeights
from reco.models.served import serve
from reco.models.signals import SignalPlan
from reco.models.source import FittedModel
from reco.models.training_data import TrainingData
from tests.models.builders import names, planted_tastes
from tests.models.test_blend_family import VALUES, query

OLD = {
    "names": ["popular_ever", "factors", "ease", "company", "popular", "next", "transition", "step"],
    "steps": 32,
    "autoregression_decay": 0.8,
    "two_block_decay": 0.88,
    "ease_decay": 60.0,
    "transition_decay": 0.85,
    "recent": True,
}
"""As it was written before there was a signal of sessions, and with it `session_decay`."""


@dataclass(frozen=True)
class Rule:
    decay: float
    floor: float = 0.1


def test_an_older_plan_has_the_default_of_what_came_later() -> None:
    plan = SignalPlan.from_json(OLD)
    assert plan.session_decay == pytest.approx(0.3679, abs=1e-4)
    assert (plan.names, plan.ease_decay, plan.recent) == (tuple(OLD["names"]), 60.0, True)  # type: ignore[arg-type]
    assert SignalPlan.from_json(plan.to_json()) == plan


def test_an_unknown_field_that_asks_for_nothing_is_passed_over() -> None:
    assert SignalPlan.from_json({**OLD, "moonlight": None, "tides": False}) == SignalPlan.from_json(OLD)
    assert read_constants(Rule, {"decay": 2.0, "tides": None}) == Rule(2.0)


@pytest.mark.parametrize("value", [0.5, 0, "on", True, []])
def test_an_unknown_field_that_changes_answers_is_named(value: object) -> None:
    for kind, document in (
        (Rule, {"decay": 2.0}),
        (Objective, {"alpha": 1.0, "regularisation": 0.1}),
        (HistoryWeights, {"decay": 3.0}),
    ):
        read_constants(kind, document)
        with pytest.raises(CorruptArtefact, match=f"newer program: this one knows no tides of a {kind.__name__}"):
            read_constants(kind, {**document, "tides": value})
    with pytest.raises(CorruptArtefact, match="no tides of a SignalPlan"):
        SignalPlan.from_json({**OLD, "tides": value})


def test_a_signal_of_a_newer_program_is_named() -> None:
    with pytest.raises(CorruptArtefact, match="no signal moonlight"):
        SignalPlan.from_json({**OLD, "names": ["factors", "moonlight"]})


def test_what_was_always_there_must_be_there() -> None:
    with pytest.raises(CorruptArtefact, match="lacks decay of a Rule"):
        read_constants(Rule, {"floor": 0.2})


def test_an_older_models_answers_are_what_they_were() -> None:
    data = TrainingData(planted_tastes(users=150)[0])
    fitted = fit_model(data, "blend", VALUES, FitSettings())
    signals = dict(fitted.attributes["signals"])
    assert "session" in signals["names"] and signals.pop("session_decay")
    older = FittedModel(fitted.arrays, {**fitted.attributes, "signals": signals})
    items = names(100, "i")
    now, then = (serve(each, items) for each in (fitted, older))
    assert isinstance(then, BlendModel)
    assert now.rank(query([3, 4, 8])).items.tolist() == then.rank(query([3, 4, 8])).items.tolist()
    # An update takes over what was learned, however its plan was written.
    said: list[str] = []
    fit_model(data, "blend", VALUES, replace(FitSettings(), decided=older.attributes, say=said.append))
    assert not any("learning how" in line for line in said)
