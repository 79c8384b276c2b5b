"""The code that goes to AWS: right platform, small enough, every import there, nothing of the documentation in it."""

from __future__ import annotations

import ast
import hashlib
import re
import struct
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.assets import CONTAINER, PYTHON_VERSION, build_wheel
from tests.infra.conftest import ROOT

pytestmark = pytest.mark.xdist_group("assets")

LAMBDA_LIMIT_BYTES = 250 * 1024 * 1024
"""Unzipped, by Lambda's quotas."""
AARCH64 = 183
"""e_machine of the ELF header."""

HANDLERS = {
    "light": ("control", "events", "workflow"),
    "heavy": ("runtime", "deployment"),
}


@pytest.mark.parametrize("name", HANDLERS)
def test_the_folder_fits_lambda(real_assets: Path, name: str) -> None:
    size = sum(path.stat().st_size for path in (real_assets / name).rglob("*") if path.is_file())
    assert 10_000_000 < size < LAMBDA_LIMIT_BYTES


@pytest.mark.parametrize("name", HANDLERS)
def test_every_binary_is_for_the_functions_platform(real_assets: Path, name: str) -> None:
    binaries = [path for path in (real_assets / name).rglob("*") if re.search(r"\.so(\.|$)", path.name)]
    assert bool(binaries) == (name == "heavy")
    for path in binaries:
        header = path.read_bytes()[:20]
        assert header[:4] == b"\x7fELF", path
        assert struct.unpack_from("<H", header, 18)[0] == AARCH64, path
        tag = re.search(r"\.cpython-(\d+)-", path.name)
        assert tag is None or tag[1] == PYTHON_VERSION.replace(".", ""), path


@pytest.mark.parametrize(("name", "handler"), [(name, each) for name, all_ in HANDLERS.items() for each in all_])
def test_every_import_of_the_handler_is_in_its_folder(real_assets: Path, name: str, handler: str) -> None:
    folder = real_assets / name
    missing = {
        f"{imported} (in {module})"
        for module in reached(folder, f"lambdas.{handler}.handler")
        for imported in imports(source(folder, module))
        if not is_there(folder, imported)
    }
    assert not missing


@pytest.mark.parametrize("handler", HANDLERS["light"])
def test_numpy_is_not_needed_where_it_is_left_out(real_assets: Path, handler: str) -> None:
    needed = {
        imported.partition(".")[0]
        for module in reached(real_assets / "light", f"lambdas.{handler}.handler")
        for imported in imports(source(real_assets / "light", module))
    }
    assert not needed & {"numpy", "scipy", "pandas", "duckdb"}
    assert not (real_assets / "light" / "numpy").exists()


def test_the_images_context_holds_what_its_dockerfile_copies(real_assets: Path) -> None:
    context = real_assets / "image"
    copied = re.findall(r"^COPY (?:--\S+ )*(\S+) ", (context / "Dockerfile").read_text(), re.MULTILINE)
    assert copied
    for source_path in copied:
        assert (context / source_path).exists(), source_path
    (wheel,) = (context / "wheels").iterdir()
    packages = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {"reco", "training_container"} <= packages
    assert not packages & {"lambdas", "local", "infra", "tests"}


def test_the_wheel_is_the_same_however_often_it_is_built_and_holds_no_readme(tmp_path: Path) -> None:
    first, second = (build_wheel(CONTAINER, tmp_path / name) for name in ("first", "second"))
    assert digest(first) == digest(second)
    with zipfile.ZipFile(first) as archive:
        (metadata,) = [archive.read(name).decode() for name in archive.namelist() if name.endswith("/METADATA")]
    assert (ROOT / "README.md").read_text()[:40] not in metadata


def test_nothing_in_the_folders_tells_where_or_when_they_were_made(real_assets: Path) -> None:
    names = {path.name for path in real_assets.rglob("*")}
    assert not names & {"RECORD", "direct_url.json", "INSTALLER", "uv_cache.json", "__pycache__", "bin"}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def reached(folder: Path, start: str) -> set[str]:
    """Modules of this project that the handler imports, at once or later."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        module = waiting.pop()
        if module in found:
            continue
        found.add(module)
        for imported in imports(source(folder, module)):
            if imported.partition(".")[0] in ("reco", "lambdas"):
                parts = imported.split(".")
                prefixes = (".".join(parts[:count]) for count in range(1, len(parts) + 1))
                waiting += [prefix for prefix in prefixes if path_of(folder, prefix)]
    return found


def source(folder: Path, module: str) -> str:
    path = path_of(folder, module)
    assert path is not None, f"{module} is not in {folder}"
    return path.read_text()


def path_of(folder: Path, module: str) -> Path | None:
    base = folder / module.replace(".", "/")
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def imports(text: str) -> Iterator[str]:
    """Absolute names of all imports, `from a import b` as a.b; those for type checking only are left out."""
    waiting: list[ast.AST] = [ast.parse(text)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        waiting += list(ast.iter_child_nodes(node))


def is_there(folder: Path, imported: str) -> bool:
    top = imported.partition(".")[0]
    if top in sys.stdlib_module_names:
        return True
    if top in ("reco", "lambdas"):
        return bool(path_of(folder, imported) or path_of(folder, imported.rpartition(".")[0]))
    return bool(path_of(folder, top))
