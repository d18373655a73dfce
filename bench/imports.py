"""What importing costs over a bare Python: the library itself, a verb of it, and the packages below it."""

from __future__ import annotations

import subprocess
import sys
from functools import partial

from bench._timing import medians

STATEMENTS = {
    "bare Python": "pass",
    "import hwlib": "import hwlib",
    "hwlib.conv_matrix": "import hwlib; hwlib.conv_matrix",
    "hwlib.check": "import hwlib; hwlib.check",
    "import numpy": "import numpy",
    "import scipy.sparse": "import scipy.sparse",
    "import sympy": "import sympy",
}


def start(statement: str) -> None:
    """A new Python that does this and ends."""
    subprocess.run([sys.executable, "-c", statement], check=True)


def run() -> None:
    """Print the times."""
    times = medians({name: partial(start, statement) for name, statement in STATEMENTS.items()}, rounds=5)
    bare = times.pop("bare Python")
    for name, seconds in times.items():
        print(f"{name:20} {seconds - bare:7.3f} s")
    print("Goal: import hwlib under 0.05 s.")
