"""Options that several commands share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

import typer
from click.core import ParameterSource

from host_tools.errors import HeelcueError

SETTINGS: Any = typer.Option(
    None, metavar="FILE", help="Settings (JSON); the defaults for keys it does not name."
)
JOBS: Any = typer.Option(2, min=1, help="Processes.")


class Side(str, Enum):
    """Which foot."""

    LEFT = "left"
    RIGHT = "right"


def refuse_beside(context: typer.Context, option: str, others: Iterable[str]) -> None:
    """Raise HeelcueError for the first of `others` (parameters) that was typed beside `option`.

    An option that would do nothing is not passed over in silence.
    """
    for name in others:
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            typed = "--" + name.replace("_", "-")
            raise HeelcueError(f"{typed} does nothing beside {option}; leave one of them out", 2)


def as_options(error: Exception, options: Mapping[str, str]) -> str:
    """Return an error's sentence in the words of the command line: {parameter: option}.

    So a check stands once, beside what it protects, and still names what was typed.
    """
    words = "|".join(map(re.escape, options))
    # Not within what the sentence quotes, nor a part of another word
    return re.sub(rf"(?<![-'\w])({words})\b", lambda found: options[found[1]], str(error))
