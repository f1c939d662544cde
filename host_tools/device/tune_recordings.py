"""Recordings as tuning needs them: labelled, and kept in memory while they fit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from host_tools.recordings import Recording, read_recording
from host_tools.replay import Walk
from host_tools.scoring import Labels, labels_of

KEEP_BYTES = 256 << 20  # of recordings in memory, in each process: 17 hours at 208 Hz


@dataclass(frozen=True)
class Loaded:
    """A recording as tuning needs it."""

    walk: Walk
    labels: Labels
    group: str
    seconds: float
    labelled: bool  # by whoever made the recording; else by the offline labeller

    @property
    def bytes(self) -> int:
        """What its samples take in memory, about."""
        return self.walk.samples_lsb.nbytes + self.walk.t_s.nbytes


_kept: dict[Path, Loaded] = {}


def load(path: Path) -> Loaded:
    """Read a recording; one without labels gets those of the offline labeller.

    Every candidate goes through all recordings in turn. What fits into KEEP_BYTES is read once
    and stays: to drop the oldest for the newest would have all of them read anew each time.
    """
    found = _kept.get(path)
    if found is None:
        found = _read(path)
        if found.bytes + sum(one.bytes for one in _kept.values()) <= KEEP_BYTES:
            _kept[path] = found
    return found


def _read(path: Path) -> Loaded:
    recording = read_recording(path)
    labelled = "strides" in recording.meta  # an empty list: nobody walked
    if not labelled:
        recording = with_labels(recording)
    labels = labels_of(recording)
    group = recording.subject or str(recording.path)
    return Loaded(Walk.of(recording), labels, group, recording.duration_s, labelled)


def with_labels(recording: Recording) -> Recording:
    """Return the recording with the offline labeller's strides."""
    from host_tools.device.label_command import strides_of
    from host_tools.device.labeller import label

    return replace(recording, meta=recording.meta | {"strides": strides_of(label(recording))})
