"""Where the functions' code and the jobs' image come from: built folders, or stand-ins of the same shape.

The local stack imports handlers from the installed package, so it and the tests synthesise with stand-ins: no wheel
is fetched. The template is the same but for the assets' hashes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
BUILT = ROOT / "build" / "assets"
PLACEHOLDER = ROOT / "infra" / "placeholder"


@dataclass(frozen=True)
class Code:
    """Three folders that CDK takes as assets."""

    light: Path
    """Handlers without numpy: control, events, workflow."""
    heavy: Path
    """Handlers with numpy: runtime, deployment."""
    image: Path
    """Build context of the jobs' container image."""


def built_code(folder: Path = BUILT) -> Code:
    """The folders that `python -m infra.assets` makes.

    Raises:
        FileNotFoundError: they have not been made.
    """
    code = Code(folder / "light", folder / "heavy", folder / "image")
    for part in (code.light, code.heavy, code.image):
        if not part.is_dir():
            raise FileNotFoundError(f"{part} is missing: run `make synth`, which builds it first")
    return code


def placeholder_code() -> Code:
    return Code(PLACEHOLDER / "code", PLACEHOLDER / "code", PLACEHOLDER / "image")
