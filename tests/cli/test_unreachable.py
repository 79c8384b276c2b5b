"""Every command that asks a service says in one line what keeps it from asking, and what to do about it."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest
from click.testing import CliRunner, Result

from reco.cli.main import main
from tests.client.test_waiters import arn_of

SAMPLE = str(Path(__file__).parents[2] / "docs/samples/shop.json")
COMMANDS = (
    ("wait", arn_of("campaign")),
    ("diff", SAMPLE),
    ("apply", SAMPLE),
    ("destroy", "--yes", SAMPLE),
    ("train-due",),
    ("trust", "arn:aws:iam::123456789012:role/callers"),
    (
        "trust",
        "--apply",
        "--job-role=arn:aws:iam::123456789012:role/jobs",
        "--external-id=x",
        "arn:aws:iam::123456789012:role/callers",
    ),
)


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A shell in which nobody has set anything for AWS, and no time to wait between attempts."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)


def error_of(arguments: tuple[str, ...]) -> str:
    answer: Result = CliRunner().invoke(main, list(arguments))
    assert answer.exit_code in (1, 2) and isinstance(answer.exception, SystemExit), answer.exception
    errors = answer.stderr[answer.stderr.index("Error: ") :]
    assert errors.count("\n") == 1, errors
    return errors


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: " ".join(arguments)[:16])
class TestEveryCommand:
    def test_without_a_region_says_how_to_name_one(self, arguments: tuple[str, ...]) -> None:
        if "--apply" in arguments:
            pytest.skip("IAM has no regions")
        assert "export AWS_DEFAULT_REGION=us-east-1" in error_of(arguments)

    def test_without_credentials_says_that_any_do_on_a_laptop(
        self, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        assert "export AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any" in error_of(arguments)

    def test_where_nothing_listens_asks_for_the_stack_and_its_port(
        self, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
        # A port that nothing listens at.
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        error = error_of(arguments)
        assert "http://127.0.0.1:1/" in error and "`make up`" in error and "AWS_ENDPOINT_URL" in error

    def test_with_a_profile_that_is_not_there_names_it(
        self, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        monkeypatch.setenv("AWS_PROFILE", "nobody")
        assert "nobody" in error_of(arguments)
