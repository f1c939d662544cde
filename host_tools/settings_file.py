"""Settings files: one flat JSON object, checked against the firmware's own schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from heelcue import settings as schema

from host_tools.errors import HeelcueError


def load_settings(path: Path | None) -> dict[str, Any]:
    """Return complete settings: the defaults with the file's keys on top; the defaults for None.

    Raises HeelcueError with the file and the key, value and range (or the line, if not JSON).
    """
    settings: dict[str, Any] = schema.defaults()
    if path is None:
        return settings
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise HeelcueError(f"{path}, line {error.lineno}: not valid JSON ({error.msg})") from None
    except UnicodeDecodeError:
        raise HeelcueError(f"{path}: not text in UTF-8") from None
    except OSError as error:
        raise HeelcueError(f"{path}: cannot be read ({error.strerror or error})") from None
    if not isinstance(given, dict):
        raise HeelcueError(f"{path}: settings are one JSON object of keys and values")
    for key, value in given.items():
        check_setting(key, value, where=f"{path}: ")
    return settings | given


def check_setting(key: str, value: object, where: str = "") -> None:
    """Raise HeelcueError unless the firmware's schema knows `key` and allows `value`."""
    if key not in schema.SCHEMA:
        raise HeelcueError(f"{where}unknown setting '{key}'; known: {', '.join(schema.SCHEMA)}")
    spec = schema.SCHEMA[key]
    if isinstance(spec[1], tuple):
        if value not in spec[1]:
            raise HeelcueError(f"{where}{key} is {value!r}; it must be one of {', '.join(spec[1])}")
    elif not isinstance(value, int) or isinstance(value, bool):
        raise HeelcueError(f"{where}{key} is {value!r}; it must be a whole number")
    elif not spec[1] <= value <= spec[2]:
        raise HeelcueError(f"{where}{key} is {value}; it must be from {spec[1]} to {spec[2]}")
