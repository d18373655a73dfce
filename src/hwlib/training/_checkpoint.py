"""Checkpoints: one file with arrays and a note in JSON, there whole or not at all; nothing in it is ever run."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hwlib._core.types import AnyArray

__all__ = ["load_checkpoint", "save_checkpoint"]

_NOTE = "note"


def save_checkpoint(path: str | os.PathLike[str], arrays: Mapping[str, AnyArray], note: Any) -> None:
    """Write a checkpoint. Whenever the process is killed, the file is the old one or the new one, and whole.

    It is written under another name beside it, forced to the disk, and renamed: that takes the place of the old file
    in one step.

    Args:
        path: of the file, ending in ``.npz``.
        arrays: name to array, of numbers.
        note: whatever JSON can hold, and arrays in it.

    Raises:
        ValueError: if the name ends otherwise, an array holds Python objects, or is called ``"note"``, or by another
            name that NumPy keeps for itself: ``"file"``, ``"allow_pickle"``, or one that ends in ``".npy"``.
        TypeError: if JSON cannot hold the note.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_checkpoint(folder + "/a.npz", {"w": np.ones(2)}, {"epoch": 3})
        ...     load_checkpoint(folder + "/a.npz")
        ({'w': array([1., 1.])}, {'epoch': 3})
    """
    file = Path(path)
    if file.suffix != ".npz":
        raise ValueError(f"path={str(path)!r}: accepted are names that end in .npz")
    kept = sorted(name for name in arrays if name in (_NOTE, "file", "allow_pickle") or name.endswith(".npy"))
    if kept or any(array.dtype.hasobject for array in arrays.values()):
        raise ValueError(f"arrays={sorted(arrays)}: accepted are arrays of numbers, none called {kept or _NOTE!r}")
    content = {"names": sorted(arrays), "note": note}
    part = file.with_name(file.name + ".part")
    with part.open("wb") as stream:
        np.savez(stream, **{_NOTE: np.array(json.dumps(content, default=_encoded))}, **arrays)  # type: ignore[arg-type]
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(file)


def load_checkpoint(path: str | os.PathLike[str]) -> tuple[dict[str, AnyArray], Any]:
    """Read a checkpoint.

    Args:
        path: of the file.

    Returns:
        The arrays and the note.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is no checkpoint, or damaged.

    Example:
        >>> load_checkpoint("nowhere.npz")
        Traceback (most recent call last):
        FileNotFoundError: [Errno 2] No such file or directory: 'nowhere.npz'
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        content = json.loads(str(arrays.pop(_NOTE)), object_hook=_decoded)
        if content["names"] != sorted(arrays):
            raise ValueError(f"it should hold {content['names']}")
        return arrays, content["note"]
    except (FileNotFoundError, IsADirectoryError, PermissionError):
        raise
    except Exception as error:  # whatever a zip file, an array, or JSON can be wrong in
        raise ValueError(f"path={str(path)!r}: accepted are checkpoints that are whole ({error})") from None


def _encoded(value: Any) -> Any:
    """Arrays in the states of some random generators."""
    if isinstance(value, np.ndarray):
        return {"array": value.tolist(), "dtype": str(value.dtype)}
    raise TypeError(f"note holds {value!r}: accepted is what JSON can hold, and arrays")


def _decoded(value: dict[str, Any]) -> Any:
    return np.array(value["array"], value["dtype"]) if value.keys() == {"array", "dtype"} else value
