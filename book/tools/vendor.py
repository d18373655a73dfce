"""Fetch the two scripts that pages need from the npm registry, once: ``make vendor``.

They are kept in ``book/static/vendor``, so that building needs Python alone and reading needs no other host.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from importlib.metadata import distribution
from pathlib import Path

from book.paths import STATIC

VENDOR = STATIC / "vendor"
CHECKSUMS = VENDOR / "SHA256SUMS"

# package -> (version, folder here, {pattern of files or folders in the package: their name here, "." for the same})
PACKAGES = {
    "mathjax": (
        "3.2.2",
        "mathjax",
        {
            "LICENSE": "LICENSE",
            "es5/tex-chtml-full.js": "tex-chtml-full.js",
            "es5/output/chtml/fonts/woff-v2": "output/chtml/fonts/woff-v2",
        },
    ),
    "@jupyter-widgets/html-manager": (
        "1.0.15",
        "html-manager",
        {
            "dist/embed.js": "embed.js",
            "dist/embed.js.LICENSE.txt": "embed.js.LICENSE.txt",
            "dist/*.woff2": ".",  # icons, which the script loads from its own folder
        },
    ),
}


def fetch() -> None:
    """Replace what is vendored by the versions above, and write the checksums."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    for package, (version, folder, files) in PACKAGES.items():
        with tempfile.TemporaryDirectory() as temporary:
            command = ["npm", "pack", "--silent", f"{package}@{version}"]
            subprocess.run(command, cwd=temporary, check=True, stdout=subprocess.DEVNULL)
            (archive,) = Path(temporary).glob("*.tgz")
            with tarfile.open(archive) as tar:
                tar.extractall(temporary, filter="data")
            for inside, name in files.items():
                for found in Path(temporary, "package").glob(inside):
                    _copy(found, VENDOR / folder / (found.name if name == "." else name))
    # The npm package leaves out its licence; the Python package of the same project has it.
    (licence,) = (path for path in distribution("ipywidgets").files or [] if path.name == "LICENSE")
    _copy(Path(str(licence.locate())), VENDOR / "html-manager" / "LICENSE")
    CHECKSUMS.write_text("".join(f"{digest}  {name}\n" for name, digest in checksums().items()))


def checksums() -> dict[str, str]:
    """SHA-256 of every vendored file, by name."""
    paths = sorted(path for path in VENDOR.rglob("*") if path.is_file() and path != CHECKSUMS)
    return {path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy(source, target)
