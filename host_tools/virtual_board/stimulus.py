"""What the foot does on the virtual board: segments of raw samples, looped, held or cut.

A sample is six int16: acceleration x y z at 2048 LSB/g, angular rate x y z at 16.384 LSB/(deg/s),
sensor frame (the canonical scale: an MPU-6050 at +-16 g and +-2000 deg/s). The chip models take
them at their own sample instants by linear interpolation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from host_tools.recordings import ACC_LSB_PER_G


@dataclass
class Stimulus:
    """Blocks of samples and the order in which they are played.

    `loop`: begin again after the last segment (endless); otherwise its last sample is held.
    """

    loop: bool = False
    blocks: list[tuple[NDArray[np.int16], float]] = field(default_factory=list)
    segments: list[tuple[int, int]] = field(default_factory=list)  # (block, duration in us)

    @classmethod
    def from_samples(
        cls, samples: NDArray[np.int16], rate_hz: float, *, loop: bool = False
    ) -> Stimulus:
        """One block of (n, 6) canonical raw samples, played once or for ever."""
        return cls(loop=loop).then(samples, rate_hz)

    def then(
        self, samples: NDArray[np.int16], rate_hz: float, *, seconds: float | None = None
    ) -> Stimulus:
        """Append a segment: the block once, or repeated or cut to last `seconds`. Returns self."""
        data = np.ascontiguousarray(samples)
        if data.ndim != 2 or data.shape[1] != 6 or len(data) == 0:
            raise ValueError(f"need samples of shape (n, 6) with n > 0, got {data.shape}")
        if data.dtype != np.int16:
            raise ValueError(f"need int16 samples, got {data.dtype}; see recordings.to_lsb()")
        if not 0.001 <= rate_hz <= 10_000:
            raise ValueError(f"rate {rate_hz} Hz is outside 0.001 to 10000 Hz")
        number = len(self.blocks)
        for earlier, (known, known_rate) in enumerate(self.blocks):
            if known is data and known_rate == rate_hz:
                number = earlier
        if number == len(self.blocks):
            self.blocks.append((data, rate_hz))
        duration = len(data) / rate_hz if seconds is None else seconds
        if duration <= 0:
            raise ValueError(f"a segment of {duration} s has no length")
        self.segments.append((number, round(duration * 1e6)))
        return self

    @property
    def duration_s(self) -> float:
        """Length of all segments once, in seconds."""
        return sum(length for _, length in self.segments) / 1e6

    def write(self, path: Path) -> dict[str, Any]:
        """Write the samples to `path`; returns the plan that the board's configuration carries."""
        table: list[list[int]] = []
        first = 0
        with path.open("wb") as stream:
            for data, rate_hz in self.blocks:
                stream.write(data.astype("<i2").tobytes())
                table.append([first, len(data), round(rate_hz * 1000)])
                first += len(data)
        return {"blocks": table, "segments": [list(s) for s in self.segments], "loop": self.loop}


def at_rest(seconds: float = 20.0, rate_hz: float = 200.0, noise_lsb: float = 3.0) -> Stimulus:
    """A foot that stands still, for ever: gravity on z, and the noise that every chip has.

    noise_lsb: its standard deviation (3 LSB: 1.5 mg and 0.2 deg/s); 0 is a dead-quiet line, which
    the firmware takes for a frozen sensor.
    """
    random = np.random.default_rng(1)
    data = np.rint(random.normal(0.0, noise_lsb, (max(1, round(seconds * rate_hz)), 6)))
    data[:, 2] += ACC_LSB_PER_G
    return Stimulus.from_samples(data.astype(np.int16), rate_hz, loop=True)
