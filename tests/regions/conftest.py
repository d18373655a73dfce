"""Both engines for tests of regions. Machine code is made once for each state of its sources, by one process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from hwlib.regions import use_engine


@pytest.fixture(scope="session")
def machine_code(request, tmp_path_factory):
    """The folder that all workers of all sessions share.

    A process of its own makes it: this one may have started the engine before, from another folder, and would then
    leave nothing here; nor do settings of numba count that other tests make.
    """
    cache = getattr(request.config, "cache", None)
    folder = Path(cache.mkdir("machine-code") if cache else tmp_path_factory.getbasetemp().parent / "machine-code")
    folder.mkdir(exist_ok=True)
    code = "import hwlib.regions as r; r.precompile()"
    with pytest.MonkeyPatch.context() as patch:
        for variable in [name for name in os.environ if name.startswith(("NUMBA_", "HWLIB_"))]:
            patch.delenv(variable)
        patch.setenv("HWLIB_CACHE_DIR", str(folder))
        with FileLock(folder.with_suffix(".lock")):
            subprocess.run([sys.executable, "-c", code], check=True)
        with use_engine("numba"):
            pass
    return folder


# Compiling takes half a minute, once for all sessions until the sources change.
@pytest.fixture(params=["numpy", pytest.param("numba", marks=pytest.mark.slow)], scope="module")
def each_engine(request):
    """The test runs twice, by one engine and by the other."""
    if request.param == "numba":
        request.getfixturevalue("machine_code")
    with use_engine(request.param):
        yield request.param
