"""The one kind of error that the host tools show: a sentence for a person, and an exit code."""

from __future__ import annotations

TRACEBACK_VARIABLE = "HEELCUE_TRACEBACK"  # in the environment: errors nobody expected are raised


def bug_sentence(error: Exception) -> str:
    """What to tell about an error that nobody expected."""
    return (
        f"this is a bug in heelcue: {type(error).__name__}: {error} "
        f"({TRACEBACK_VARIABLE}=1 shows where; please report it)"
    )


class HeelcueError(Exception):
    """One clear sentence that names the file, line or key, and what to do about it.

    `heelcue` prints it on stderr without a traceback and ends with `exit_code`
    (1: the work failed; 2: it was asked for wrongly).
    """

    def __init__(self, sentence: str, exit_code: int = 1) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code
