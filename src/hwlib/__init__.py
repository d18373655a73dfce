"""By Hand, Checked by Machine: what neural networks compute, exactly.

One module an idea. Each is imported when it is first used, so ``import hwlib`` costs next to nothing.

>>> import hwlib
>>> hwlib.conv.output_shape((2, 2), (3, 3), stride=3, padding=1)
(2, 2)
"""

from __future__ import annotations

import importlib
from types import ModuleType

__version__ = "0.1.0"
__all__ = [
    "architectures",
    "check",
    "conv",
    "conv_gradients",
    "conv_transpose",
    "corners",
    "cost",
    "curvature",
    "descent",
    "double_descent",
    "exercises",
    "explore",
    "logic",
    "network",
    "newton",
    "notebook",
    "pieces",
    "plot",
    "quiz",
    "receptive",
    "regions",
    "training",
]


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        return importlib.import_module(f"hwlib.{name}")
    raise AttributeError(f"module 'hwlib' has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
