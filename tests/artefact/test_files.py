"""The artefact format: what is written is what is read, version 1 loads for ever, damage has a name."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from reco.artefact import Manifest, Vocabulary, open_artefact, write_artefact
from reco.artefact.manifest import DTYPES
from reco.errors import CorruptArtefact

V1 = Path(__file__).parent / "v1"
V1_DIGEST = "88d8da0c39e384619c34ae180a1b21995f13158e9bd815dc43d6ca7ed238e414"


def v1_arrays() -> dict[str, Any]:
    """What lies in the committed folder."""
    numbers = {f"numbers.{dtype}": np.array([[0, 1], [2, 3], [100, 127]], dtype) for dtype in DTYPES}
    return {
        **numbers,
        "fraction": np.array([0.5, -1e30, np.nan, np.inf], np.float32),
        "nothing": np.zeros((0, 4), np.float32),
        "single": np.array(7, np.int64),
        **Vocabulary.from_strings(["", "b", "a", "zürich", "東京", "a\0b", "😀"]).arrays("words"),
    }


V1_ATTRIBUTES = {"name": "Größe", "list": [1, 2.5, None, True], "nested": {"b": 1, "a": ["x"]}}


def test_version_1_loads_for_ever() -> None:
    artefact = open_artefact(V1, digest=V1_DIGEST, verify=True)
    assert artefact.kind == "example"
    assert artefact.attributes == V1_ATTRIBUTES
    assert artefact.names == tuple(sorted(v1_arrays()))
    for name, expected in v1_arrays().items():
        found = artefact.array(name)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)
    assert list(Vocabulary.of(artefact, "words")) == ["", "a", "a\0b", "b", "zürich", "東京", "😀"]


def test_todays_writer_still_writes_version_1_byte_for_byte(tmp_path: Path) -> None:
    write_artefact(tmp_path, kind="example", arrays=v1_arrays(), attributes=V1_ATTRIBUTES)
    old, new = json.loads((V1 / "manifest.json").read_text()), json.loads((tmp_path / "manifest.json").read_text())
    assert {**old, "libraries": None} == {**new, "libraries": None}
    for path in V1.iterdir():
        if path.name != "manifest.json":
            assert path.read_bytes() == (tmp_path / path.name).read_bytes()


@given(
    st.dictionaries(
        st.from_regex(r"[a-z][a-z0-9_.]{0,8}", fullmatch=True),
        st.sampled_from(DTYPES).flatmap(lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, min_side=0))),
        max_size=4,
    )
)
def test_arrays_come_back_as_they_went_in(tmp_path_factory: pytest.TempPathFactory, arrays: dict[str, Any]) -> None:
    folder = tmp_path_factory.mktemp("artefact")
    digest = write_artefact(folder, kind="any", arrays=arrays, attributes={})
    artefact = open_artefact(folder, digest=digest, verify=True)
    assert artefact.digest == digest
    for name, array in arrays.items():
        np.testing.assert_array_equal(artefact.array(name), array)
        assert not artefact.array(name).flags.writeable
        if array.ndim:
            np.testing.assert_array_equal(artefact.rows(name, 1, 2), array[1:2])


def test_arrays_in_any_memory_layout_are_written_row_after_row(tmp_path: Path) -> None:
    array = np.arange(12, dtype=">i4").reshape(3, 4).T[::2]
    write_artefact(tmp_path, kind="any", arrays={"a": array}, attributes={})
    np.testing.assert_array_equal(np.frombuffer((tmp_path / "a.bin").read_bytes(), "<i4"), array.ravel())


def test_the_same_content_has_the_same_digest(tmp_path: Path) -> None:
    arrays = {"b": np.arange(3), "a": np.ones(2)}
    first = write_artefact(tmp_path / "1", kind="any", arrays=arrays, attributes={"x": 1, "y": 2})
    second = write_artefact(
        tmp_path / "2", kind="any", arrays=dict(reversed(arrays.items())), attributes={"y": 2, "x": 1}
    )
    changed = write_artefact(tmp_path / "3", kind="any", arrays=arrays, attributes={"x": 1, "y": 3})
    assert first == second != changed


def test_a_row_range_says_which_bytes_to_fetch(tmp_path: Path) -> None:
    array = np.arange(20, dtype=np.float32).reshape(5, 4)
    write_artefact(tmp_path, kind="any", arrays={"a": array}, attributes={})
    start, stop = open_artefact(tmp_path).manifest.arrays["a"].byte_range(1, 3)
    content = (tmp_path / "a.bin").read_bytes()[start:stop]
    np.testing.assert_array_equal(np.frombuffer(content, np.float32).reshape(2, 4), array[1:3])


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """A good copy to be damaged."""
    return Path(shutil.copytree(V1, tmp_path / "copy"))


def test_a_missing_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorruptArtefact, match=r"has no manifest\.json"):
        open_artefact(tmp_path)


def test_another_digest_is_named(damaged: Path) -> None:
    with pytest.raises(CorruptArtefact, match=f"manifest.json has digest {V1_DIGEST}, expected 00"):
        open_artefact(damaged, digest="00")


def test_a_missing_array_is_named(damaged: Path) -> None:
    (damaged / "single.bin").unlink()
    with pytest.raises(CorruptArtefact, match=r"single\.bin is missing"):
        open_artefact(damaged)


def test_a_truncated_array_is_named(damaged: Path) -> None:
    (damaged / "fraction.bin").write_bytes(b"1234567")
    with pytest.raises(CorruptArtefact, match=r"fraction\.bin has 7 bytes, expected 16"):
        open_artefact(damaged)


def test_a_changed_array_is_found_when_asked_to_verify(damaged: Path) -> None:
    (damaged / "single.bin").write_bytes(b"12345678")
    open_artefact(damaged)
    with pytest.raises(CorruptArtefact, match=r"single\.bin has sha256 .*, expected"):
        open_artefact(damaged, verify=True)


def test_asking_for_an_array_that_is_not_there_is_corruption() -> None:
    with pytest.raises(CorruptArtefact, match="has no array other"):
        open_artefact(V1).array("other")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[]", "is not a JSON object"),
        (b'{"format_version":2}', "has format version 2; this program reads 1"),
        (b'{"format_version":1}', "incomplete or malformed"),
    ],
)
def test_a_manifest_that_makes_no_sense_is_named(content: bytes, message: str) -> None:
    with pytest.raises(CorruptArtefact, match=message):
        Manifest.parse(content)


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "object", "shape": [1], "sha256": "0" * 64},
        {"dtype": "int8", "shape": [-1], "sha256": "0" * 64},
        {"dtype": "int8", "shape": [1.5], "sha256": "0" * 64},
        {"dtype": "int8", "shape": [1], "sha256": "short"},
        {"dtype": "int8"},
        [],
    ],
)
def test_a_manifest_entry_that_makes_no_sense_is_named(entry: Any) -> None:
    document = {"format_version": 1, "kind": "any", "arrays": {"a": entry}, "attributes": {}, "libraries": {}}
    with pytest.raises(CorruptArtefact, match="incomplete or malformed"):
        Manifest.parse(json.dumps(document).encode())


@pytest.mark.parametrize("name", ["../a", "a/b", "", ".a", "a b"])
def test_an_array_name_cannot_leave_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="may hold letters"):
        write_artefact(tmp_path, kind="any", arrays={name: np.zeros(1)}, attributes={})
    document = {
        "format_version": 1,
        "kind": "any",
        "arrays": {name: {"dtype": "int8", "shape": [0], "sha256": "0" * 64}},
        "attributes": {},
        "libraries": {},
    }
    with pytest.raises(CorruptArtefact, match="array name"):
        Manifest.parse(json.dumps(document).encode())


def test_what_the_format_has_no_place_for_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="array a has dtype object"):
        write_artefact(tmp_path, kind="any", arrays={"a": np.array([None])}, attributes={})
    with pytest.raises(ValueError, match="differ by more than upper and lower case"):
        write_artefact(tmp_path, kind="any", arrays={"a": np.zeros(1), "A": np.zeros(1)}, attributes={})
    with pytest.raises(ValueError, match="JSON"):
        write_artefact(tmp_path, kind="any", arrays={}, attributes={"x": float("nan")})
    with pytest.raises(ValueError, match="JSON"):
        write_artefact(tmp_path, kind="any", arrays={}, attributes={"x": object()})


def test_a_folder_being_rewritten_has_no_manifest_until_all_is_there(tmp_path: Path) -> None:
    write_artefact(tmp_path, kind="any", arrays={"a": np.zeros(1)}, attributes={})
    with pytest.raises(ValueError, match="JSON"):
        write_artefact(tmp_path, kind="any", arrays={"a": np.ones(2)}, attributes={"x": float("inf")})
    with pytest.raises(CorruptArtefact, match="has no manifest"):
        open_artefact(tmp_path)
