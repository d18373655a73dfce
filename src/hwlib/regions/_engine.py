"""What finds regions, behind one interface: in NumPy, as machine code, or in whole numbers; and the switch for it."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Iterable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any, Literal, Protocol, get_args

from hwlib._core.optional import require
from hwlib._core.types import Array, Integers
from hwlib.network import Layer
from hwlib.regions import exact
from hwlib.regions._compiled import _made
from hwlib.regions._numpy import NumpyEngine
from hwlib.regions._shapes import Faces

EngineName = Literal["numpy", "numba"]
SETTING = "HWLIB_REGIONS_ENGINE"


class CellEngine(Protocol):
    """What cuts cells of any dimension.

    Attributes:
        name: what :func:`named` knows it by, in other processes as well.
    """

    name: str

    def cells(self, starts: Iterable[Any], layers: Sequence[Layer], *, depth: int = 0) -> Iterator[Any]:
        """Cut cells by the lines of layers that have breakpoints; the first ``depth`` layers have cut them already.

        Cells are :class:`~hwlib.regions._shapes.FloatCell`, in whole numbers :class:`~hwlib.regions.exact.Cell`.
        Floats raise :class:`~hwlib.regions._shapes.InDoubtError` where they can not decide a sign.
        """


class Engine(CellEngine, Protocol):
    """What cuts cells, and all faces of the plane at once, in float64; each raises an error where signs are in doubt.

    ``layers`` are those of :func:`~hwlib.regions.exact.merged_layers`, with the last one, which has no breakpoints.
    """

    def plane(self, faces: Faces, layers: Sequence[Layer]) -> tuple[Faces, Array]:
        """Cut faces by the lines of all layers but the last.

        Returns the faces, and what the last layer puts out at all corners, ``(v, outputs)``, times t.
        """

    def count(self, faces: Faces, layers: Sequence[Layer]) -> int:
        """How many faces :meth:`plane` would make."""

    def maps(self, points: Array, ring: Integers, start: Integers, outputs: Array) -> tuple[Array, Array, Array]:
        """Affine maps of faces from the outputs at their corners.

        Returns weights ``(faces, outputs, 2)``, biases ``(faces, outputs)``, and which faces are too thin for that.
        """


class ExactEngine:
    """Whole numbers of any size: never in doubt, and never fast."""

    name = "exact"

    def cells(self, starts: Iterable[exact.Cell], layers: Sequence[Layer], *, depth: int = 0) -> Iterator[exact.Cell]:
        """Layers that have cut the cells already do not cut them again, so that nothing depends on ``depth``."""
        del depth
        return exact.exact_cells(starts, layers)


EXACT = ExactEngine()


@functools.cache
def named(name: str) -> Any:
    """The engine of a name, started; the one of machine code compiles, unless that is on the disk."""
    if name == "numba":
        require("numba")
        from hwlib.regions._compiled._start import CompiledEngine

        return CompiledEngine()
    return EXACT if name == "exact" else NumpyEngine()


_used: ContextVar[Engine | None] = ContextVar("_used", default=None)
_asked_for: set[str] = set()  # in this session


def current() -> Engine:
    """The engine for floats."""
    return _used.get() or _chosen()


@functools.cache
def _chosen() -> Engine:
    wanted = os.environ.get(SETTING)
    if wanted:
        return _checked(SETTING, wanted)
    # Nobody has to wait for a compiler who has not asked for it.
    found: Engine = named("numba" if _asked_for or _made.is_made() else "numpy")
    return found


def _checked(argument: str, name: str) -> Engine:
    if name not in get_args(EngineName):
        raise ValueError(f"{argument}={name!r}: accepted are 'numpy' and 'numba'")
    found: Engine = named(name)
    return found


def engine() -> str:
    """Which engine finds regions in floats: ``"numpy"``, or ``"numba"`` for machine code.

    It is ``"numba"`` if :func:`precompile` was called on this machine, now or in an earlier session, for this version
    of everything. The environment variable ``HWLIB_REGIONS_ENGINE`` or :func:`use_engine` overrule that.

    Returns:
        The name.

    Raises:
        ValueError: if ``HWLIB_REGIONS_ENGINE`` is neither.

    Example:
        >>> with use_engine("numpy"):
        ...     engine()
        'numpy'
    """
    return current().name


@contextlib.contextmanager
def use_engine(name: EngineName) -> Iterator[None]:
    """Find regions by this engine within a ``with`` block.

    Args:
        name: ``"numpy"``, or ``"numba"``, which is compiled first if need be.

    Yields:
        Nothing.

    Raises:
        ValueError: if there is none of that name.
        ImportError: if numba is not installed.

    Example:
        >>> with use_engine("numpy"):
        ...     engine()
        'numpy'
    """
    token = _used.set(_checked("name", name))
    try:
        yield
    finally:
        _used.reset(token)


def precompile() -> None:
    """Make machine code for finding regions, for this and all later sessions on this machine.

    The answers stay the same, and come three to thirty times sooner. It takes about a minute, once; a second call
    does nothing. Code is kept in the folder that the environment variable ``HWLIB_CACHE_DIR`` names, else in
    ``NUMBA_CACHE_DIR``, else where the system keeps what can be made again (on Linux ``~/.cache``). If nothing can be
    written there, it serves the present session only.

    Raises:
        ImportError: if numba is not installed.

    Source: chapter *Regions can be counted*.

    Example:
        >>> precompile()  # doctest: +SKIP
        >>> engine()  # doctest: +SKIP
        'numba'
    """
    named("numba")
    _asked_for.add("numba")
    _chosen.cache_clear()


def spread(by: CellEngine, starts: Sequence[Any], layers: Sequence[Layer], n_jobs: int) -> list[Any]:
    """All cells that an engine finds within others, by several processes for ``n_jobs`` other than 1."""
    if n_jobs == 1:
        return list(by.cells(starts, layers))
    joblib = require("joblib")  # the first layer here, and what is inside each of its cells elsewhere
    jobs = [joblib.delayed(_inside)(by.name, cell, layers) for cell in by.cells(starts, layers[:1])]
    return [cell for found in joblib.Parallel(n_jobs=n_jobs)(jobs) for cell in found]


def _inside(name: str, cell: Any, layers: Sequence[Layer]) -> list[Any]:
    # A process that has no machine code on the disk does not wait for it.
    here: CellEngine = current() if name == "numba" else named(name)
    return list(here.cells([cell], layers, depth=min(1, len(layers))))
