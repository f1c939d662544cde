"""The one kind of error that the host tools show: a sentence for a person, and an exit code."""

from __future__ import annotations

import shutil
from pathlib import Path

TRACEBACK_VARIABLE = "HEELCUE_TRACEBACK"  # in the environment: errors nobody expected are raised


def bug_sentence(error: Exception) -> str:
    """What to tell about an error that nobody expected."""
    return (
        f"this is a bug in heelcue: {type(error).__name__}: {error} "
        f"({TRACEBACK_VARIABLE}=1 shows where; please report it)"
    )


class Program:
    """How this program was started, so that commands in sentences can be typed as they stand."""

    name = "heelcue"

    @classmethod
    def started_as(cls, path: str) -> None:
        """Take the name from how it was started (sys.argv[0]), unless `heelcue` alone does."""
        program = Path(path)
        if program.stem.lower() != "heelcue" or shutil.which("heelcue"):
            return
        if program.is_absolute() and program.is_relative_to(Path.cwd()):  # Windows tells all of it
            program = program.relative_to(Path.cwd())
        name = str(program.with_suffix(""))
        if " " not in name:  # each shell wants that quoted in its own way
            cls.name = name


def to_type(sentence: str) -> str:
    """Return a sentence whose 'heelcue ...' can be typed as it stands here."""
    return sentence.replace("'heelcue ", f"'{Program.name} ")


class HeelcueError(Exception):
    """One clear sentence that names the file, line or key, and what to do about it.

    `heelcue` prints it on stderr without a traceback and ends with `exit_code`
    (1: the work failed; 2: it was asked for wrongly).
    """

    def __init__(self, sentence: str, exit_code: int = 1) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code

    def __str__(self) -> str:
        """Return the sentence."""
        return to_type(super().__str__())
