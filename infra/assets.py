"""Builds what goes to AWS: two folders of code for the handlers, and the context of the jobs' image.

    build/assets/light    reco, lambdas and their libraries without numpy: control, events, workflow
    build/assets/heavy    the same with numpy: runtime, deployment
    build/assets/image    Dockerfile, container.txt, wheels/: reco and training_container

`python -m infra.assets` needs the network once; the libraries are kept in build/libraries under the hash of the lock
and the platform. Equal sources give equal folders, byte by byte, on every machine: nothing here holds a date, a path
or a word of the documentation, so that CDK's hashes change when the code does.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.code import BUILT, ROOT

PYTHON_VERSION = "3.14"
"""Of the Lambda runtime (infra.functions.RUNTIME)."""
PLATFORM = "aarch64-manylinux_2_28"
"""Lambda's arm64 on Amazon Linux 2023; numpy has wheels for nothing older."""
LIBRARIES = ROOT / "build" / "libraries"
LOCK = ROOT / "locks" / "handlers.txt"
CONTAINER_LOCK = ROOT / "locks" / "container.txt"
DOCKERFILE = ROOT / "training_container" / "Dockerfile"
NUMPY_NAMES = ("numpy", "numpy.libs")
VARYING_FILES = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json")
"""Notes of installers: they hold paths, times and each other's digests, and nothing reads them at run time."""


class AssetsNotBuilt(Exception):
    """The libraries could not be fetched or unpacked; says what uv said."""


@dataclass(frozen=True)
class Wheel:
    """One wheel of this project: which packages it holds, and for whom."""

    packages: tuple[str, ...]


HANDLERS = Wheel(("reco", "lambdas"))
CONTAINER = Wheel(("reco", "training_container"))


def build(target: Path = BUILT) -> None:
    """Makes the three folders, unless those that are there come from the same sources.

    Raises:
        AssetsNotBuilt: no network and nothing cached, or a library without a wheel for the platform.
    """
    stamp = target / "sources.sha256"
    sources = fingerprint()
    if stamp.is_file() and stamp.read_text() == sources:
        return
    libraries = fetch_libraries()
    scratch = target.with_name(f"{target.name}.new")
    shutil.rmtree(scratch, ignore_errors=True)
    handlers = build_wheel(HANDLERS, scratch / "wheels")
    for name, leave_out in (("heavy", ()), ("light", NUMPY_NAMES)):
        shutil.copytree(libraries, scratch / name, ignore=lambda folder, names, out=leave_out: _left(names, out))
        _unpack(handlers, scratch / name)
    image = scratch / "image"
    (image / "wheels").mkdir(parents=True)
    shutil.copy(DOCKERFILE, image / "Dockerfile")
    shutil.copy(CONTAINER_LOCK, image / "container.txt")
    build_wheel(CONTAINER, image / "wheels")
    shutil.rmtree(scratch / "wheels")
    (scratch / stamp.name).write_text(sources)
    shutil.rmtree(target, ignore_errors=True)
    scratch.rename(target)


def fingerprint() -> str:
    """Digest of all that the folders are made of, this module included."""
    packages = sorted({*HANDLERS.packages, *CONTAINER.packages})
    modules = [path for package in packages for path in sorted((ROOT / package).rglob("*.py"))]
    files = [LOCK, CONTAINER_LOCK, DOCKERFILE, ROOT / "pyproject.toml", Path(__file__), *modules]
    digest = hashlib.sha256(f"{PYTHON_VERSION} {PLATFORM}".encode())
    for path in files:
        digest.update(f"\n{path.relative_to(ROOT)} {hashlib.sha256(path.read_bytes()).hexdigest()}".encode())
    return digest.hexdigest()


def _left(names: Sequence[str], out: Sequence[str]) -> list[str]:
    return [name for name in names if name in out or any(name.startswith(f"{each}-") for each in out)]


def fetch_libraries() -> Path:
    """The handlers' libraries for Lambda, unpacked; from the cache when the lock is the same.

    Raises:
        AssetsNotBuilt: see `build`.
    """
    recipe = f"{PYTHON_VERSION} {PLATFORM}\n".encode() + LOCK.read_bytes()
    folder = LIBRARIES / hashlib.sha256(recipe).hexdigest()[:16]
    if folder.is_dir():
        return folder
    scratch = folder.with_suffix(f".{os.getpid()}")
    command = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet", "--target", str(scratch)]
    command += ["--python-version", PYTHON_VERSION, "--python-platform", PLATFORM, "--only-binary", ":all:"]
    command += ["--no-deps", "--require-hashes", "--link-mode", "copy", "-r", str(LOCK)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own arguments
    if run.returncode:
        shutil.rmtree(scratch, ignore_errors=True)
        raise AssetsNotBuilt(f"the handlers' libraries for {PLATFORM} could not be installed:\n{run.stderr.strip()}")
    _tidy(scratch)
    if folder.is_dir():  # another process was faster
        shutil.rmtree(scratch)
    else:
        scratch.rename(folder)
    return folder


def _tidy(folder: Path) -> None:
    """Takes out what varies and what a handler never opens: scripts, notes of installers, type stubs."""
    shutil.rmtree(folder / "bin", ignore_errors=True)
    for path in list(folder.rglob("*")):
        if path.is_file() and (path.name.startswith(".") or path.suffix == ".pyi" or path.name in VARYING_FILES):
            path.unlink()


def build_wheel(wheel: Wheel, target: Path) -> Path:
    """Builds the wheel from a copy of just its packages; the README and the rest of the tree are not in it."""
    from hatchling.builders.wheel import WheelBuilder

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    staging = target / "staging"
    shutil.rmtree(staging, ignore_errors=True)
    for package in wheel.packages:
        shutil.copytree(ROOT / package, staging / package, ignore=shutil.ignore_patterns("__pycache__", "Dockerfile"))
    (staging / "pyproject.toml").write_text(
        "[build-system]\nrequires = ['hatchling']\nbuild-backend = 'hatchling.build'\n"
        f"[project]\nname = '{project['name']}'\nversion = '{project['version']}'\n"
        f"requires-python = '{project['requires-python']}'\n"
        f"[tool.hatch.build.targets.wheel]\npackages = {list(wheel.packages)!r}\n"
    )
    made = next(iter(WheelBuilder(str(staging)).build(directory=str(target), versions=["standard"])))
    shutil.rmtree(staging)
    return Path(made)


def _unpack(wheel: Path, target: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target, [name for name in archive.namelist() if Path(name).name not in VARYING_FILES])


def main() -> int:
    try:
        build()
    except AssetsNotBuilt as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
