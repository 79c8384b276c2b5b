"""Loads moto's CloudFormation and Step Functions without the fifteen services they name and we never deploy.

Both import every model there is, EC2's instance catalogue included: 2 of the 4 seconds a start would take. While this
module loads them, those packages are hollow; afterwards they are forgotten, so that a program which does call EC2
through the port gets the real one.
"""

from __future__ import annotations

import importlib
import operator
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

UNUSED = frozenset(
    (
        *("apigateway", "autoscaling", "batch", "datapipeline", "ec2", "ecs", "efs"),
        *("elb", "elbv2", "emr", "iot", "rds", "redshift", "route53"),
    )
)
"""Packages of moto whose resource types no template of ours holds."""


class _Later:
    """Stands for a name in a hollow module, `Class` or `Class.MEMBER`; use after loading finds the real one.

    What was compared or hashed while loading stays a stand-in: Step Functions' own Batch and ECS tasks do not work.
    """

    def __init__(self, module: str, path: str) -> None:
        self._module, self._path = module, path

    def _real(self) -> Any:
        return operator.attrgetter(self._path)(importlib.import_module(self._module))

    def __getattr__(self, name: str) -> Any:
        if isinstance(sys.modules.get(self._module), _HollowModule):
            return _Later(self._module, f"{self._path}.{name}")
        return getattr(self._real(), name)

    def __getitem__(self, key: Any) -> Any:
        return self._real()[key]

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self._real()(*arguments, **named)

    def __instancecheck__(self, instance: Any) -> bool:
        # Nothing can be an instance of a class that was never loaded.
        return self._module in sys.modules and isinstance(instance, self._real())


class _HollowModule(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Later(self.__name__, name)


class _HollowLoader(Loader):
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _HollowModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        module.__path__ = []


class _HollowFinder(MetaPathFinder):
    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        parts = name.split(".")
        if parts[0] != "moto" or len(parts) < 2 or parts[1] not in UNUSED:
            return None
        return ModuleSpec(name, _HollowLoader(), is_package=True)


@contextmanager
def _hollow() -> Iterator[None]:
    import moto

    finder = _HollowFinder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name, module in list(sys.modules.items()):
            if isinstance(module, _HollowModule):
                del sys.modules[name]
        for name in UNUSED:
            if isinstance(getattr(moto, name, None), _HollowModule):
                delattr(moto, name)


def load() -> None:
    """Imports what a stack needs of moto. Repeating it costs nothing; what is already loaded stays as it is."""
    with _hollow():
        for name in (
            "moto.cloudformation.parsing",
            "moto.stepfunctions.parser.models",
            "moto.moto_server.werkzeug_app",
            "moto.sagemaker.models",
        ):
            importlib.import_module(name)
