"""Setting up with make: what is missing is told, and the same line again goes on.

The Pythons are scripts that do as they are told and write down what they were asked for.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

# `make test` hands its own flags and variables (PYTHON=...) on to every make below it
OURS = {name: value for name, value in os.environ.items() if name != "PYTHON"}
for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES"):
    OURS.pop(name, None)

PYTHON = """#!/bin/sh
echo "$(basename "$0") $*" >>"{log}"
case "$*" in
  --version) echo Python {version} ;;
  -c*) {fits} ;;
  "-m venv"*) {venv} && mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
  "-m pip install"*) [ ! -e offline ] ;;
esac
"""


class Folder:
    """The project's folder with nothing but what make reads, and Pythons beside it."""

    def __init__(self, base: Path) -> None:
        self.path = base / "Meine Gänge" / "heelcue"
        self.path.mkdir(parents=True)
        for name in ("Makefile", "pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, self.path)
        self.programs = base / "bin"
        self.programs.mkdir()
        self.log = base / "log"

    def python(self, name: str, *, fits: bool = True, venv: bool = True) -> Path:
        """Put a Python on the path."""
        program = self.programs / name
        known = {True: "true", False: "false"}
        program.write_text(
            PYTHON.format(
                log=self.log, version="3.12.1" if fits else "3.9.6", fits=known[fits],
                venv=known[venv],
            )
        )  # fmt: skip
        program.chmod(0o755)
        return program

    def make(self, *arguments: str) -> tuple[int, str]:
        """Run make; returns its exit code and what it said."""
        self.log.write_text("")
        done = subprocess.run(
            ["make", *arguments], cwd=self.path, text=True, check=False, env=OURS
            | {"PATH": f"{self.programs}{os.pathsep}{os.environ['PATH']}"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        return done.returncode, done.stdout

    def asked(self, what: str) -> list[str]:
        """Return who was asked for something, in order."""
        return [line.split()[0] for line in self.log.read_text().splitlines() if what in line]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_no_python(folder: Folder) -> None:
    code, said = folder.make("PYTHON=python-of-nobody", "setup")
    assert code and "There is no Python on this computer: install 3.10 to 3.14" in said


def test_a_python_that_is_too_old(folder: Folder) -> None:
    old = folder.python("python3", fits=False)
    code, said = folder.make(f"PYTHON={old}", "setup")
    assert code and "needs Python 3.10 to 3.14, and this is Python 3.9.6" in said


def test_a_newer_python_beside_the_old_one_is_found(folder: Folder) -> None:
    folder.python("python3", fits=False)
    folder.python("python3.14")
    assert folder.make("setup")[0] == 0
    assert folder.asked("-m venv") == ["python3.14"]


def test_a_python_without_venv(folder: Folder) -> None:
    """As on Debian and Ubuntu."""
    folder.python("python3", venv=False)
    code, said = folder.make("setup")
    assert code and '"sudo apt install python3-venv", then the same line again' in said


def test_without_a_network_and_then_again(folder: Folder) -> None:
    folder.python("python3")
    (folder.path / "offline").touch()
    code, said = folder.make("setup")
    assert code and "when it is back, type the same line again" in said
    (folder.path / "offline").unlink()
    code, said = folder.make("setup")
    assert code == 0, said
    assert folder.asked("-m venv") == [] and folder.asked("-m pip install") == ["python"]
    assert "Setting up" not in folder.make("setup")[1]


def test_a_folder_that_was_moved_is_set_up_anew(folder: Folder) -> None:
    """The programs in .venv name their Python by its whole path."""
    folder.python("python3")
    assert folder.make("setup")[0] == 0
    folder.path = folder.path.rename(folder.path.with_name("elsewhere"))
    code, said = folder.make("setup")
    assert code == 0, said
    assert folder.asked("-m venv --clear") == ["python3"]
    assert "Setting up" not in folder.make("setup")[1]


def test_a_target_that_there_is_not(folder: Folder) -> None:
    code, said = folder.make("RUN")
    assert code and said.startswith("make knows no 'RUN'; 'make help' lists what there is.")
