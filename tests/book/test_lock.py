"""The lock: everything has a hash but torch, which stands apart; the repository's own files are what is written."""

from __future__ import annotations

import re

import pytest
from book.tools.lock import _HEADER, DATA_LOCK, LOCK, TORCH_LOCK, split

COMPILED = """\
numpy==2.4.6 ; python_full_version < '3.15' \\
    --hash=sha256:aa \\
    --hash=sha256:bb
nvidia-cublas==13.1 ; sys_platform == 'linux' \\
    --hash=sha256:cc
torch==2.13.0 \\
    --hash=sha256:dd
triton==3.5 ; sys_platform == 'linux' \\
    --hash=sha256:ee
zipp==4.1.2 \\
    --hash=sha256:ff
"""


def entries(text):
    return [line.split()[0] for line in text.splitlines() if line[:1].isalnum()]


def test_torch_and_its_own_packages_are_taken_out_and_the_rest_keeps_its_hashes():
    lock, torch = split(COMPILED)
    assert entries(lock) == ["numpy==2.4.6", "zipp==4.1.2"]
    assert re.findall(r"sha256:(\w+)", lock) == ["aa", "bb", "ff"]
    assert entries(torch) == ["torch==2.13.0"]
    assert "hash" not in torch


@pytest.mark.parametrize(
    ("compiled", "message"),
    [
        (COMPILED.replace("\\\n    --hash=sha256:ff", ""), r"zipp==4.1.2.*accepted are entries with hashes"),
        (COMPILED.replace("torch==2.13.0", "tensors==1"), "without torch"),
    ],
)
def test_what_is_no_lock_is_refused(compiled, message):
    with pytest.raises(ValueError, match=message):
        split(compiled)


def test_the_locks_of_the_repository_are_whole_and_name_no_host():
    lock, torch = LOCK.read_text(), TORCH_LOCK.read_text()
    assert split(lock.removeprefix(_HEADER) + "torch==1 \\\n    --hash=sha256:aa\n")[0] == lock
    assert "://" not in lock + torch
    assert {"numpy", "sympy", "pytest", "ruff", "uv"} <= {entry.partition("==")[0] for entry in entries(lock)}
    (only,) = entries(torch)
    assert only in LOCK.with_name("pyproject.toml").read_text(), "the groups pin the same torch"


def test_the_lock_of_the_photographs_has_hashes_and_nothing_of_what_foolbox_requires():
    text = DATA_LOCK.read_text()
    (only,) = entries(text)
    assert only.startswith("foolbox==")
    assert "--hash=sha256:" in text
    assert "://" not in text
    assert "foolbox" not in LOCK.read_text()
