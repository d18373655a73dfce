"""What ``experiments/saliency_maps.py`` measured on 20 photographs, and small pictures of maps for an explorer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

import numpy as np

from hwlib._core.results import stored_results
from hwlib._core.types import Array

__all__ = ["StoredMaps", "stored_maps"]

_PACKAGE, _FILE, _SCRIPT = "hwlib.saliency", "maps", "saliency_maps"


@dataclass(frozen=True, eq=False, repr=False)
class StoredMaps:
    """Measurements, a row for each photograph: the six that may be shown, then ImageNet's.

    Attributes:
        photographs: their names.
        agreement: method to the rank correlation of its map with occlusion's, ``(photographs,)``.
        levels: what was drawn anew: cumulative, from the last layer to the first.
        randomized: method to the rank correlation of the trained network's map with that of the network with random
            layers, ``(photographs, levels)``.
        conventions: ``"sizes"`` and ``"values"`` to method to this correlation for a random last layer, where the sizes
            of a map's entries are compared, and where their values are, ``(photographs,)``.
        removed: shares of the photograph that were removed, or put in, from 0 to 1.
        deletion: order to the probability of the class while blocks are removed, ``(photographs, removed)``.
        insertion: order to the probability of the class while blocks are put in, ``(photographs, removed)``.
        norms: lengths of steps along the gradient.
        steps: change of the score over the change that the gradient predicts, ``(photographs, norms)``.
        other_class: method to the rank correlation of its maps for the likeliest and for an absent class,
            ``(photographs,)``.
        tiles: of the explorer's pictures: names of photographs, classes and methods, and what is known of each.
        provenance: data, settings, versions, machine, date and minutes.
    """

    photographs: tuple[str, ...]
    agreement: Mapping[str, Array]
    levels: tuple[str, ...]
    randomized: Mapping[str, Array]
    conventions: Mapping[str, Mapping[str, Array]]
    removed: Array
    deletion: Mapping[str, Array]
    insertion: Mapping[str, Array]
    norms: Array
    steps: Array
    other_class: Mapping[str, Array]
    tiles: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"StoredMaps({len(self.photographs)} photographs, {', '.join(self.agreement)})"

    def picture(self) -> bytes:
        """All tiles in one WebP file: a row for each photograph and class, a column for each method.

        Returns:
            The file.

        Raises:
            ValueError: if it is not the one that was stored with the measurements.
        """
        picture = (resources.files(_PACKAGE) / f"{_FILE}.webp").read_bytes()
        if hashlib.sha256(picture).hexdigest() != self.tiles["sha256"]:
            raise ValueError(f"{_FILE}.webp was changed: accepted is what experiments/{_SCRIPT}.py wrote")
        return picture


def stored_maps() -> StoredMaps:
    """What was measured on many photographs, which takes minutes, with where it comes from.

    Returns:
        The measurements.

    Raises:
        FileNotFoundError: if the experiment was never run.
        ValueError: if the results are not those of the checksum.

    Chapter: *A saliency map shows a gradient, not a reason*.

    Example:
        >>> stored = stored_maps()
        >>> len(stored.photographs), stored.agreement["Grad-CAM"].shape
        (20, (20,))
    """
    stored = stored_results(_PACKAGE, _FILE, script=_SCRIPT)
    found = stored["results"]

    def made(methods: Mapping[str, Any]) -> dict[str, Array]:
        return {method: np.array(values, float) for method, values in methods.items()}

    return StoredMaps(
        photographs=tuple(found["photographs"]),
        levels=tuple(found["levels"]),
        removed=np.array(found["removed"], float),
        norms=np.array(found["norms"], float),
        steps=np.array(found["steps"], float),
        tiles=found["tiles"],
        provenance=stored["provenance"],
        conventions={kind: made(methods) for kind, methods in found["conventions"].items()},
        **{name: made(found[name]) for name in ("agreement", "randomized", "deletion", "insertion", "other_class")},
    )
