"""The commands: each make target is one, none needs more than Python to begin, and set-up does nothing twice."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import venv

import pytest
from book.locking import Lock
from book.paths import ROOT
from book.tools import commands, environment


def test_each_target_of_the_makefile_is_a_command_and_each_command_a_target():
    (targets,) = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    told = subprocess.run([sys.executable, "-m", "book", "--help"], cwd=ROOT, capture_output=True, text=True).stdout
    assert set(targets.split()) - {"help"} == set(re.findall(r"^    ([a-z-]+)\b", told, re.MULTILINE))


def test_the_commands_begin_without_any_package():
    script = "import json, sys; from book.tools import commands; print(json.dumps(sorted(sys.modules)))"
    found = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {script}"],
        capture_output=True,
        text=True,
        check=True,
    )
    bare = subprocess.run(
        [sys.executable, "-I", "-c", "import json, sys; print(json.dumps(sorted(sys.modules)))"],
        capture_output=True,
        text=True,
        check=True,
    )
    new = {name.split(".")[0] for name in set(json.loads(found.stdout)) - set(json.loads(bare.stdout))}
    assert new - {"book"} <= sys.stdlib_module_names


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["build"], "invalid choice: 'build'"),
        (["lint", "--fix"], "lint does not take --fix"),
        (["chapter"], "the following arguments are required: name"),
        ([], "the following arguments are required: COMMAND"),
    ],
)
def test_what_is_no_command_is_told(arguments, told, capsys):
    with pytest.raises(SystemExit):
        commands.main(arguments)
    assert told in capsys.readouterr().err


@pytest.fixture
def root(tmp_path):
    for name in environment.SOURCES:
        (tmp_path / name).write_text("something\n")
    return tmp_path


@pytest.fixture
def installed(monkeypatch):
    """The arguments of the installations that were asked for; nothing is installed."""
    asked, real = [], subprocess.run

    def run(command, **options):
        if "install" not in command:
            return real(command, **options)
        asked.append([word for word in map(str, command[1:]) if not word.startswith("-")])
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.delenv("TORCH_BACKEND", raising=False)
    return asked


@pytest.mark.slow
def test_set_up_makes_the_environment_once_and_again_when_the_lock_changes(root, installed):
    folder = root / ".venv"
    environment.make_ready(folder, root)
    assert environment.python(folder).exists()
    locks = ("requirements.lock", "requirements-data.lock", "requirements-torch.lock")
    wanted = [*(str(root / name) for name in locks), str(root)]
    assert installed == [["pip", "install", name] for name in wanted]
    environment.make_ready(folder, root)
    assert len(installed) == 4
    (root / "requirements.lock").write_text("something else\n")
    assert not environment.is_ready(folder, root)
    environment.make_ready(folder, root)
    assert len(installed) == 8
    environment.remove(folder)
    assert not folder.exists()


def test_an_environment_whose_making_was_interrupted_is_made_again(root, installed, monkeypatch):
    folder, made = root / ".venv", []
    venv.create(folder, with_pip=False)
    monkeypatch.setattr(venv, "create", lambda folder, **options: made.append(options))
    environment.make_ready(folder, root)
    assert made == [{"with_pip": True, "clear": True}]


def test_an_installation_that_failed_is_tried_again(root, monkeypatch):
    def fail(command, **options):
        raise subprocess.CalledProcessError(1, command)

    monkeypatch.setattr(environment, "_has_pip", lambda folder: True)
    monkeypatch.setattr(subprocess, "run", fail)
    for _ in range(2):
        with pytest.raises(subprocess.CalledProcessError):
            environment.make_ready(root / ".venv", root)
    assert not environment.is_ready(root / ".venv", root)


def test_a_link_to_an_environment_is_removed_and_the_environment_is_not(tmp_path):
    shared, link = tmp_path / "shared", tmp_path / ".venv"
    shared.mkdir()
    link.symlink_to(shared)
    environment.remove(link)
    assert shared.exists()
    assert not link.is_symlink()


def test_a_lock_is_waited_for_and_told_of_once(tmp_path):
    first, second, told = Lock(tmp_path / "lock"), Lock(tmp_path / "lock"), []
    first.acquire(lambda: told.append("first"))
    threading.Timer(1.2, first.release).start()
    second.acquire(lambda: told.append("second"))
    assert told == ["second"]
    second.release()
