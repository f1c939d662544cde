"""Settings files on the host: read and checked by the firmware's own rules."""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from heelcue import settings as schema

from host_tools.errors import HeelcueError
from host_tools.files import decoded


def load_settings(path: Path | None) -> dict[str, Any]:
    """Return complete settings: the defaults with the file's keys on top; the defaults for None.

    Raises HeelcueError with the file and the key, value and range (or the line, if not JSON).
    """
    if path is None:
        return dict(schema.defaults())
    try:
        text = decoded(path.read_bytes())
        json.loads(text)
        return dict(schema.decode(text))
    except json.JSONDecodeError as error:
        raise HeelcueError(f"{path}, line {error.lineno}: not valid JSON ({error.msg})") from None
    except UnicodeDecodeError:
        raise HeelcueError(f"{path}: not text in UTF-8") from None
    except OSError as error:
        raise HeelcueError(f"{path}: cannot be read ({error.strerror or error})") from None
    except schema.SettingsError as error:
        raise HeelcueError(f"{path}: {refusal(error)}") from None
    except (ValueError, RecursionError):
        raise HeelcueError(f"{path}: numbers too long or lists too deep for settings") from None


def holds_settings(path: Path) -> bool:
    """Whether a file has settings in it, of whatever version; not the labels of a recording."""
    try:
        found = json.loads(decoded(path.read_bytes()))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(found, dict) and not found.keys().isdisjoint(schema.SCHEMA)


def changed_settings(settings: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with the options that were given (None: was not); checked like a file's.

    Raises HeelcueError with the key, the value and its range.
    """
    changes = {key: value for key, value in given.items() if value is not None}
    try:
        return dict(schema.complete({**settings, **changes}))
    except schema.SettingsError as error:
        raise HeelcueError(refusal(error), 2) from None


def refusal(error: schema.SettingsError) -> str:
    """Return the firmware's sentence; for a key that it does not know, with what may be meant."""
    if not error.key or error.key in schema.SCHEMA:
        return str(error)
    near = get_close_matches(error.key, schema.SCHEMA, 1)
    if near:
        return f"{error}; is {near[0]} meant?"
    return f"{error}; 'heelcue settings show --defaults' lists them"
