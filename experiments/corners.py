"""Train networks on the corner problem from many starts; write ``src/hwlib/receptive/corners.json``.

``python -m experiments.corners`` runs it all, about a quarter of an hour on one core. ``--blocks`` trains some blocks
of 25 starts and keeps them in a folder; the last call puts all of them together.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hwlib._core.results import checksum
from hwlib.receptive import CORNER_KINDS, train_corner_networks

TARGET = Path(__file__).parents[1] / "src" / "hwlib" / "receptive" / "corners.json"
EARLY = [0, 100, 200, 300, 400, 500, 600, 800, 1000]
CHECKPOINTS = {"plain": [*EARLY, 1250, 1500, 1750, 2000], "residual": EARLY, "wider": EARLY}
STARTS, BLOCK = 100, 25


def one_block(kind: str, first: int) -> dict[str, Any]:
    """Some starts of one kind."""
    torch.set_num_threads(1)
    begun = time.time()
    runs = train_corner_networks(kind, seeds=range(first, first + BLOCK), checkpoints=CHECKPOINTS[kind])
    return {
        "kind": kind,
        "first": first,
        "solved": runs.solved.T.astype(int).tolist(),
        "unseen": runs.unseen.round(4).tolist(),
        "seconds": round(time.time() - begun),
    }


def together(blocks: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """All blocks as one result, and where it comes from."""
    results = {}
    for kind in CORNER_KINDS:
        parts = sorted((block for block in blocks if block["kind"] == kind), key=lambda block: block["first"])
        results[kind] = {
            "steps": CHECKPOINTS[kind],
            "solved": np.concatenate([part["solved"] for part in parts], axis=1).tolist(),
            "unseen": [share for part in parts for share in part["unseen"]],
        }
    provenance = {
        "script": "experiments/corners.py",
        "kinds": {name: asdict(kind) for name, kind in CORNER_KINDS.items()},
        "starts": STARTS,
        "optimizer": "Adam, learning rate 0.01, all sixteen cases in each step",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch.__version__.split("+")[0],
        "machine": f"{platform.machine()}, one core",
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "minutes": round(sum(block["seconds"] for block in blocks) / 60, 1),
    }
    return {"provenance": provenance, "results": results, "sha256": checksum(results)}


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m experiments.corners", description=__doc__)
    parser.add_argument("--blocks", type=int, default=10**6, help="how many blocks to train now")
    parser.add_argument("--kinds", nargs="*", default=list(CORNER_KINDS), help="which to train now")
    parser.add_argument("--kept", type=Path, default=Path("_build/corners"), help="folder of trained blocks")
    parser.add_argument("--out", type=Path, default=TARGET, help="file to write")
    options = parser.parse_args(arguments)
    options.kept.mkdir(parents=True, exist_ok=True)
    jobs = [(kind, first) for kind in CORNER_KINDS for first in range(0, STARTS, BLOCK)]
    files = {job: options.kept / f"{job[0]}_{job[1]}.json" for job in jobs}
    missing = [job for job in jobs if job[0] in options.kinds and not files[job].exists()]
    for job in missing[: options.blocks]:
        files[job].write_text(json.dumps(one_block(*job)), "utf8")
        print(*job)
    if not all(file.exists() for file in files.values()):
        return
    result = together([json.loads(file.read_text("utf8")) for file in files.values()])
    options.out.write_text(json.dumps(result, indent=None, separators=(",", ":")) + "\n", "utf8")
    print(f"wrote {options.out}, sha256 {result['sha256']}")


if __name__ == "__main__":
    main()
