"""Options that several commands share."""

from __future__ import annotations

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
