"""By Hand, Checked by Machine: what neural networks compute, exactly.

One package a topic, and the verbs that people come for at the top. Each is imported when it is first used, so
``import hwlib`` costs next to nothing; ``__init__.pyi`` lists them.

>>> import hwlib
>>> hwlib.output_shape((2, 2), (3, 3), stride=3, padding=1)
(2, 2)
"""

import lazy_loader as _lazy

__version__ = "0.1.0"
__getattr__, _names, __all__ = _lazy.attach_stub(__name__, __file__)


def __dir__() -> list[str]:
    return _names()
