"""Options that several commands share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

import typer

SETTINGS: Any = typer.Option(
    None, metavar="FILE", help="Settings (JSON); the defaults for keys it does not name."
)
JOBS: Any = typer.Option(2, min=1, help="Processes.")


class Side(str, Enum):
    """Which foot."""

    LEFT = "left"
    RIGHT = "right"


def as_options(error: ValueError, options: Mapping[str, str]) -> str:
    """Return an error's sentence in the words of the command line: {parameter: option}.

    So a check stands once, beside what it protects, and still names what was typed.
    """
    words = "|".join(map(re.escape, options))
    # Not within what the sentence quotes, nor a part of another word
    return re.sub(rf"(?<![-'\w])({words})\b", lambda found: options[found[1]], str(error))
