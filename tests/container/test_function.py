"""The same job in a Lambda function, and the image's choice between the two."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pytest

from reco.errors import PlatformFault, UserFault
from tests.container import stand_in
from tests.container.conftest import ATTEMPT, Container
from training_container.function import TooLargeForFunction, lambda_handler
from training_container.start import command


@pytest.fixture
def function(container: Container, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Container:
    for name, value in container.environment.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setitem(sys.modules, "training_container.importing", None)
    stand_in.install()
    return container


EVENT = {"command": "import", "specification": ATTEMPT + "specification.json"}


def test_a_job_in_a_function_leaves_its_result_and_no_files(function: Container, tmp_path: Path) -> None:
    function.lay_out()
    assert lambda_handler(EVENT, None) == {}
    assert function.said("result.json") is not None
    assert not list(tmp_path.glob("reco-ml-*"))


def test_a_failure_is_raised_with_its_sentence_and_left_in_the_attempts_folder(function: Container) -> None:
    function.lay_out("refuse")
    with pytest.raises(UserFault, match="missing the following columns"):
        lambda_handler(EVENT, None)
    assert function.said("failure.json") is not None


@pytest.mark.parametrize("deed", ["fill memory", "fill disk"])
def test_too_little_room_is_not_the_end_of_the_job(function: Container, deed: str) -> None:
    function.lay_out(deed)
    with pytest.raises(TooLargeForFunction):
        lambda_handler(EVENT, None)
    assert function.said("failure.json") is None


def test_an_event_without_a_command_is_refused(function: Container) -> None:
    with pytest.raises(PlatformFault, match="command must be one of train, import"):
        lambda_handler({}, None)


def test_the_image_runs_lambdas_client_where_lambda_runs_it() -> None:
    lambda_words = command({"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001"}, ["train"])
    assert lambda_words == ["-m", "awslambdaric", "training_container.function.lambda_handler"]
    assert command({}, ["train"]) == ["-m", "training_container.entry", "train"]
