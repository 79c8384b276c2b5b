"""`reco up --set`: a setting with which no function could answer is refused before anything starts."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from reco.cli.main import main


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("RECO_QUOTAS", "--set RECO_QUOTAS: write NAME=VALUE"),
        ("RECO_QUOTA=campaigns:none", "there is no such setting; there are RECO_BAD_ROW_SHARE, "),
        ("RECO_QUOTAS=datasetgroups:none", "datasetgroups is no quota; there are "),
        ("RECO_QUOTAS=campaigns", "'campaigns' has no value"),
        ("RECO_BAD_ROW_SHARE=7", "RECO_BAD_ROW_SHARE: must be a number from 0 to 1"),
        ("RECO_BAD_ROW_SHARE=nan", "RECO_BAD_ROW_SHARE: must be a number from 0 to 1"),
        ("RECO_MINIMUM_INTERACTIONS=few", "RECO_MINIMUM_INTERACTIONS: "),
        ('RECO_PERMISSIONS={"arn:aws:iam::*:user/ada": ["Descrbe*"]}', "no operation is called Descrbe*"),
    ],
)
def test_a_setting_that_means_nothing_is_told_with_what_there_is(setting: str, said: str) -> None:
    # Port 1 may not be taken: a start that did get so far would end too.
    answer = CliRunner().invoke(main, ["up", "--port", "1", "--set", setting])
    assert answer.exit_code == 2 and said in " ".join(answer.stderr.split()), answer.stderr
    assert "Starting" not in answer.stderr
