"""Sidecars: the JSON beside a recording, read and checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from host_tools.errors import HeelcueError
from host_tools.files import decoded

LATEST_S = 1e12  # since 1970 or since switching on; beyond it is no time


class Stride(NamedTuple):
    """One labelled step of this foot; seconds and deg/s. Null where the label has none."""

    step_start_s: float
    step_end_s: float
    heel_off_s: float | None
    push_off_peak_s: float | None
    push_off_peak_dps: float | None


def read_sidecar(path: Path) -> dict[str, Any]:
    """Read and check a sidecar but for its strides; {} where there is none. Raises HeelcueError."""
    try:
        meta = json.loads(decoded(path.read_bytes()))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise HeelcueError(f"{path}: cannot be read ({error.strerror or error})") from None
    except json.JSONDecodeError as error:
        raise HeelcueError(f"{path}, line {error.lineno}: not valid JSON ({error.msg})") from None
    except UnicodeDecodeError:
        raise HeelcueError(f"{path}: not text in UTF-8") from None
    except (ValueError, RecursionError):
        raise HeelcueError(f"{path}: numbers too long or lists too deep for JSON of ours") from None
    if not isinstance(meta, dict):
        raise HeelcueError(f"{path}: the sidecar must be one JSON object")
    _check_sidecar(meta, path)
    return meta


def _check_sidecar(meta: Mapping[str, Any], path: Path) -> None:
    for key in ("sampling_rate_hz", "duration_s"):
        value = meta.get(key)
        if value is not None and not (isinstance(value, (int, float)) and 0 < value < LATEST_S):
            raise HeelcueError(f"{path}: {key} must be a number above 0, not {value!r:.60}")
    for key in ("subject", "group"):
        value = meta.get(key)
        if not isinstance(value, (str, int, float, type(None))) or isinstance(value, bool):
            raise HeelcueError(f"{path}: {key} must be a text, not {json.dumps(value)[:60]}")
    if (partial := meta.get("partial")) not in (True, False, None):
        raise HeelcueError(f"{path}: partial must be true or false, not {json.dumps(partial)[:60]}")
    gaps = meta.get("gaps_s", [])
    if not isinstance(gaps, list) or not all(
        isinstance(gap, list)
        and len(gap) == 2
        and all(isinstance(edge, (int, float)) and abs(edge) < LATEST_S for edge in gap)
        and gap[0] <= gap[1]
        for gap in gaps
    ):
        raise HeelcueError(f"{path}: gaps_s must be a list of [start, end] in seconds")
    if not isinstance(meta.get("strides", []), list):
        raise HeelcueError(f"{path}: strides must be a list")


def strides_of(meta: Mapping[str, Any], sidecar: Path) -> list[Stride]:
    """Return the labelled strides; raises HeelcueError for one that is none."""
    strides = []
    for number, entry in enumerate(meta.get("strides", [])):
        if not isinstance(entry, dict):
            raise HeelcueError(f"{sidecar}: stride {number} of 'strides' must be a JSON object")
        try:
            values = {
                key: None if entry[key] is None else float(entry[key]) for key in Stride._fields
            }
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            what = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
            raise HeelcueError(f"{sidecar}: stride {number} of 'strides': {what}") from None
        for key, value in values.items():
            if value is None and key.startswith("step_"):
                raise HeelcueError(f"{sidecar}: stride {number} of 'strides': {key} is null")
            if value is not None and not np.isfinite(value):
                raise HeelcueError(f"{sidecar}: stride {number} of 'strides': {key} is {value}")
        start_s, end_s, heel_off_s, peak_s, peak_dps = values.values()
        assert start_s is not None and end_s is not None
        if heel_off_s is not None and (peak_s is None or peak_dps is None):
            raise HeelcueError(
                f"{sidecar}: stride {number} of 'strides' has heel_off_s but no push_off_peak_s "
                "or push_off_peak_dps"
            )
        strides.append(Stride(start_s, end_s, heel_off_s, peak_s, peak_dps))
    return strides
