"""Context keys: read, checked all at once."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import app
from infra.options import READERS, OptionError, Options, read_options

ROOT = Path(__file__).parent.parent.parent
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1a2b3c4d-5e6f-7a8b-9c0d-1e2f3a4b5c6d"
OTHER_KEY = KEY.replace("1a2b", "ffff")


def test_without_context_the_defaults_hold() -> None:
    assert read_options({}) == Options()


def test_every_option_has_a_reader() -> None:
    assert set(READERS) == {field.name for field in fields(Options)}


def test_the_flags_pinned_for_cdk_are_no_options() -> None:
    pinned = json.loads((ROOT / "cdk.json").read_text())["context"]
    assert len(pinned) > 20
    assert read_options(pinned) == Options()


def test_options_come_in_camel_case() -> None:
    context = {
        "dataBuckets": "shop, other",
        "instanceType": "ml.c7i.large",
        "functionMemoryMb": "10240",
        "badRowShare": "0.2",
        "customerKey": "true",
        "dataKeys": f"{KEY}, {OTHER_KEY}",
        "guest": True,
        "alarmEmail": "people@example.com",
        "retainData": "false",
        "logRetentionDays": "365",
        "corsOrigins": "https://shop.example",
        "requestsPerSecond": "10",
        "guestRequestsPerSecond": "5",
    }
    assert read_options(context) == Options(
        data_buckets=("shop", "other"),
        instance_type="ml.c7i.large",
        function_memory_mb=10_240,
        bad_row_share=0.2,
        customer_key=True,
        data_keys=(KEY, OTHER_KEY),
        guest=True,
        alarm_email="people@example.com",
        retain_data=False,
        log_retention_days=365,
        cors_origins=("https://shop.example",),
        requests_per_second=10,
        guest_requests_per_second=5,
    )


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(OptionError) as raised:
        read_options({"functionMemoryMb": "64", "customerKey": "maybe", "dataBucket": "shop", "logRetentionDays": "31"})
    message = str(raised.value)
    assert "functionMemoryMb=64: must be a whole number from 512 to 10240" in message
    assert "customerKey=maybe: must be true, false or the ARN of a KMS key" in message
    assert "dataBucket is no context key; known are" in message
    assert "logRetentionDays=31: must be one of 1, 3, 5" in message


@pytest.mark.parametrize("value", ["-0.01", "1.01", "nan", "5%", "", True, None])
def test_a_share_of_rows_lies_between_none_and_all(value: object) -> None:
    with pytest.raises(OptionError, match=r"badRowShare=.*: must be a number from 0 to 1"):
        read_options({"badRowShare": value})


@pytest.mark.parametrize("value", [0, "0", 1, "1", 0.5])
def test_no_rows_and_all_rows_are_shares(value: object) -> None:
    assert read_options({"badRowShare": value}).bad_row_share == float(str(value))


@given(st.dictionaries(st.sampled_from(["guest", "retainData", "functionMemoryMb", "alarmEmail"]), st.text()))
def test_any_text_is_read_or_refused(context: dict[str, str]) -> None:
    try:
        assert isinstance(read_options(context), Options)
    except OptionError as error:
        assert any(key in str(error) for key in context)


def test_a_key_is_made_or_is_there() -> None:
    assert read_options({"customerKey": KEY}).customer_key == KEY
    assert read_options({"customerKey": "true"}).customer_key is True
    for bad in (KEY.replace(":key/", ":alias/"), KEY.replace("kms", "s3"), KEY.replace("12345", "")):
        with pytest.raises(OptionError, match="must be the ARN of a key, such as arn:aws:kms"):
            read_options({"customerKey": bad})


@pytest.mark.parametrize("bad", ["*", f"{KEY},*", KEY.replace(":key/", ":alias/"), KEY.replace("1a2b3c4d", "*"), "k"])
def test_keys_of_dataset_groups_are_listed_one_by_one(bad: str) -> None:
    with pytest.raises(OptionError, match=r"dataKeys=.*must be ARNs of keys, comma separated, such as arn:aws:kms"):
        read_options({"dataKeys": bad})


@pytest.mark.parametrize("bad", ["s3://shop", "shop,Archive", "sh*p", "shop/folder", "arn:aws:s3:::shop"])
def test_buckets_are_named_and_nothing_else(bad: str) -> None:
    with pytest.raises(OptionError, match=r"dataBuckets=.*must be names of buckets, comma separated, such as my-data"):
        read_options({"dataBuckets": bad})
    assert read_options({"dataBuckets": "*"}).data_buckets == ("*",)


@pytest.mark.parametrize(
    ("switch", "said"),
    [
        ("dataBuckets", "-c dataBuckets: write NAME=VALUE"),
        ("databuckets=shop", "Error: databuckets is no context key; known are "),
        ("customerKey=maybe", "Error: customerKey=maybe: must be true, false or the ARN of a KMS key"),
    ],
)
def test_a_switch_that_means_nothing_is_told_without_a_traceback(
    switch: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["app.py", "-o", str(tmp_path), "-c", switch])
    with pytest.raises(SystemExit) as ended:
        app.main()
    assert said in f"{ended.value.code} {capsys.readouterr().err}" and not list(tmp_path.iterdir())
