"""The book's commands: ``python -m book COMMAND``."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 (before anything is imported that an older Python cannot read)
    sys.exit(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}. Name another: make PYTHON=python3.13")

from book.tools.commands import main

sys.exit(main(sys.argv[1:]))
