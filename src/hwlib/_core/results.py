"""Results that took too long to compute on a page: small JSON files beside their topic, each with a checksum."""

from __future__ import annotations

import hashlib
import json
from importlib import resources
from typing import Any


def checksum(results: Any) -> str:
    """SHA-256 of results as compact JSON.

    Args:
        results: whatever JSON can hold.

    Returns:
        64 hexadecimal digits.

    Example:
        >>> checksum([])[:8]
        '4f53cda1'
    """
    return hashlib.sha256(json.dumps(results, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def stored_results(package: str, name: str, *, script: str) -> dict[str, Any]:
    """What a script in ``experiments`` once wrote into a package.

    Args:
        package: such as ``"hwlib.optim"``.
        name: of the file, without ``.json``.
        script: of the experiment, without ``.py``.

    Returns:
        ``"results"``, their ``"sha256"``, and ``"provenance"``: where they come from.

    Raises:
        FileNotFoundError: if the script was never run.
        ValueError: if the results are not those of the checksum.

    Example:
        >>> sorted(stored_results("hwlib.optim", "double_descent", script="double_descent"))
        ['provenance', 'results', 'sha256']
    """
    file = resources.files(package) / f"{name}.json"
    if not file.is_file():
        raise FileNotFoundError(f"{name}.json is missing in {package}: python -m experiments.{script} writes it")
    stored: dict[str, Any] = json.loads(file.read_text("utf8"))
    if checksum(stored["results"]) != stored["sha256"]:
        raise ValueError(f"{name}.json was changed: accepted is what experiments/{script}.py wrote")
    return stored
