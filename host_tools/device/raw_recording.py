"""Raw samples from the board, streamed or from its flash, into the project's recording format."""

from __future__ import annotations

import binascii
import json
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from heelcue import log
from numpy.typing import NDArray

from host_tools.device import log_reader
from host_tools.errors import HeelcueError
from host_tools.recordings import GRAVITY_MPS2, write_recording
from host_tools.words import count_of

VALUES = 6  # acc x y z, gyr x y z
SAMPLE_BYTES = 2 * VALUES


@dataclass
class RawSamples:
    """Pieces of raw samples with the index of each piece's first, and what was marked.

    Scales in LSB per unit, as the IMU gave them. Indices count from the board's start.
    """

    rate_hz: float
    acc_lsb_per_g: float
    gyro_lsb_per_dps: float
    about: dict[str, Any] = field(default_factory=dict)
    pieces: list[tuple[int, bytes]] = field(default_factory=list)
    marks: list[tuple[int, str]] = field(default_factory=list)

    def add(self, first: int, data: bytes) -> None:
        """Take a piece; pieces come in order. Raises HeelcueError for bytes that are none."""
        if len(data) % SAMPLE_BYTES or not data:
            raise HeelcueError(f"the board sent {len(data)} bytes where whole samples belong")
        if self.pieces and first < self.end:
            raise HeelcueError("the board was restarted; what came before is kept")
        self.pieces.append((first, data))

    def add_line(self, line: dict[str, Any]) -> None:
        """Take a console line {"ev": "raw", ...}."""
        try:
            self.add(int(line["n"]), binascii.a2b_base64(line["d"]))
        except (KeyError, TypeError, ValueError) as error:
            raise HeelcueError(f"the board sent a broken line of samples ({error})") from None

    @property
    def end(self) -> int:
        """Index after the last sample."""
        first, data = self.pieces[-1]
        return first + len(data) // SAMPLE_BYTES

    @property
    def count(self) -> int:
        """Samples that are there."""
        return sum(len(data) for _, data in self.pieces) // SAMPLE_BYTES

    @property
    def lost(self) -> int:
        """Samples that are missing between the first and the last."""
        return self.end - self.pieces[0][0] - self.count if self.pieces else 0

    def gaps(self) -> list[tuple[int, int]]:
        """Return (index of the last sample before, of the first after) for each gap."""
        found = []
        for (first, data), (after, _) in zip(self.pieces[:-1], self.pieces[1:], strict=True):
            last = first + len(data) // SAMPLE_BYTES - 1
            if after != last + 1:
                found.append((last, after))
        return found

    def arrays(self) -> tuple[NDArray[np.int64], NDArray[np.int16]]:
        """Return indices (n,) and samples (n, 6)."""
        indices = np.concatenate(
            [np.arange(first, first + len(data) // SAMPLE_BYTES) for first, data in self.pieces]
        )
        joined = b"".join(data for _, data in self.pieces)
        return indices, np.frombuffer(joined, "<i2").reshape(-1, VALUES)

    def loss_sentence(self) -> str:
        """Say what was lost, exactly."""
        if not self.lost:
            return f"{count_of(self.count, 'sample')}, none lost"
        gaps = count_of(len(self.gaps()), "gap")
        return f"{count_of(self.count, 'sample')}; {self.lost} lost in {gaps}"

    def write(self, path: Path, meta: dict[str, Any]) -> None:
        """Write the recording; lost samples are a jump in its times and named in `gaps_s`."""
        if self.count < 2:
            raise HeelcueError(
                f"{path}: not written, {count_of(self.count, 'sample')} cannot make a recording"
            )
        indices, samples = self.arrays()
        start = int(indices[0])
        t_s = (indices - start) / self.rate_hz
        whole = meta | self.about
        whole["sampling_rate_hz"] = self.rate_hz
        whole["duration_s"] = round(float(t_s[-1]), 4)
        whole["gaps_s"] = [
            [round((last - start) / self.rate_hz, 4), round((after - start) / self.rate_hz, 4)]
            for last, after in self.gaps()
        ]
        whole["samples_lost"] = self.lost
        whole["first_sample"] = start
        if self.marks:
            whole["marks"] = [
                {"t_s": round((n - start) / self.rate_hz, 3), "label": label}
                for n, label in self.marks
            ]
        write_recording(
            path,
            t_s,
            samples[:, :3].astype(np.float64) * (GRAVITY_MPS2 / self.acc_lsb_per_g),
            samples[:, 3:].astype(np.float64) / self.gyro_lsb_per_dps,
            whole,
        )


def decode_file(data: bytes, name: str) -> RawSamples:
    """Decode a recording from the board's flash (heelcue.log blocks).

    Blocks that a power cut damaged are missing, and count as lost. Raises HeelcueError for a file
    without a session block or without samples.
    """
    samples: RawSamples | None = None
    notes: list[tuple[int, str]] = []
    for kind, payload in log_reader.blocks(data):
        if kind == log.SESSION and samples is None:
            session = log_fields(payload)
            try:
                samples = RawSamples(
                    float(session["rate_hz"]),
                    float(session["acc_lsb_per_g"]),
                    float(session["gyro_lsb_per_dps"]),
                )
            except (KeyError, TypeError, ValueError):
                break
            samples.about = {
                key: session[key] for key in ("fw", "board", "imu", "epoch_s") if key in session
            }
        elif kind == log.RAW and samples is not None:
            samples.add(struct.unpack_from("<I", payload)[0], bytes(payload[4:]))
        elif kind == log.NOTE:
            note = log_fields(payload)
            if note.get("ev") == "mark":
                notes.append((int(note.get("n", 0)), str(note.get("label", ""))))
    if samples is None:
        raise HeelcueError(f"{name}: no recording of Heelcue (its first block is missing)")
    if not samples.pieces or samples.rate_hz <= 0:
        raise HeelcueError(f"{name}: the recording has no samples")
    samples.marks = notes
    return samples


def log_fields(payload: bytes) -> dict[str, Any]:
    """Return the fields of a session or note block; {} where they cannot be read."""
    try:
        value = json.loads(payload)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
