"""Plan a walk stride by stride and turn the plan into one smooth foot motion.

The pitch rate is drawn through knots at the gait events, so every event is known by construction:
at heel-off the rate rises through exactly 20 deg/s for the last time before the push-off peak
(heel-off as recordings define it), with the heel back on the ground before it. Where the foot
turns about (heel, ball, toe) moves along the sole, so the sensor at its lever arm feels the swing
of the foot, and the heel arrives with a speed that the ground takes within some 20 ms.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from host_tools.errors import HeelcueError
from host_tools.generate.motion import Motion, Moving
from host_tools.generate.plan import COURSES, Stride, plan_walk
from host_tools.generate.presets import FootKinematics, person, preset
from host_tools.generate.sensor import Readings, Sensor, measure
from host_tools.generate.shape import foot_motion
from host_tools.recordings import Floats, name_of, sidecar_of, write_recording

SOURCE = "generated: "  # how the sidecar's `source` begins


@dataclass(frozen=True)
class Walk:
    """What to walk, and how.

    preset: a name in `PRESETS`; foot: kinematics to use instead of a person drawn from
    the preset. cadence_spm: steps per minute of both feet. speed_mps or stride_m set the length
    of a stride. variability: factor on the preset's stride-to-stride variation; person_spread:
    factor on how people differ, 0 for the preset's mean person. course: `straight`,
    `there_and_back` (a U-turn every leg_m), `loop`, `figure_eight`. stops_per_min: how often to
    stand still for stop_s (mean). quiet_s: standing at the start and the end. again: another
    number is another walk of the same person.
    """

    preset: str = "healthy"
    duration_s: float = 60.0
    seed: int = 0
    cadence_spm: float | None = None
    speed_mps: float | None = None
    stride_m: float | None = None
    variability: float = 1.0
    person_spread: float = 1.0
    course: str = "there_and_back"
    leg_m: float = 10.0
    stops_per_min: float = 0.0
    stop_s: float = 3.0
    quiet_s: float = 3.0
    side: str = "right"
    foot: FootKinematics | None = None
    again: int = 0
    sensor: Sensor = field(default_factory=Sensor)

    def __post_init__(self) -> None:
        preset(self.preset)
        if self.course not in COURSES:
            raise ValueError(f"no course {self.course!r}; there are {', '.join(COURSES)}")
        if self.side not in ("left", "right"):
            raise ValueError(f"side is {self.side!r}; it must be 'left' or 'right'")
        if self.duration_s < 2 * self.quiet_s + 3:
            raise ValueError(
                f"duration_s is {self.duration_s:g}; it must be {2 * self.quiet_s + 3:g} or more: "
                f"3 s of walking between twice {self.quiet_s:g} s of standing"
            )
        for name, low, high in (
            ("cadence_spm", 20, 220),
            ("speed_mps", 0.05, 8),
            ("stride_m", 0.05, 5),
            ("leg_m", 2, 1e6),
            ("variability", 0, 5),
            ("person_spread", 0, 2),
            ("stops_per_min", 0, 20),
            ("quiet_s", 0.5, 600),
            ("duration_s", 2 * self.quiet_s + 3, 90_000),
        ):
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise ValueError(f"{name} is {value:g}; it must lie in {low:g}..{high:g}")
        if (
            self.speed_mps is not None
            and self.stride_m is not None
            and self.cadence_spm is not None
        ):
            raise ValueError("give two of cadence_spm, speed_mps and stride_m, not all three")


@dataclass(frozen=True)
class Generated:
    """A generated recording.

    t_s (n,), acc (n, 3) in m/s2 with gravity, gyr (n, 3) in deg/s, both in the sensor frame.
    strides: one dict per stride of this foot, in the recordings' format, plus `toe_off_s` and
    `initial_contact_s`. motion: the truth, of the foot at the sensor's place (foot frame: x
    forward, y left, z up); mounting: (3, 3), sensor components to foot components.
    """

    name: str
    t_s: Floats
    acc: Floats
    gyr: Floats
    rate_hz: float
    duration_s: float
    strides: list[dict[str, float | None]]
    gaps_s: list[tuple[float, float]]
    info: dict[str, object]
    motion: Moving
    mounting: Floats
    gyro_bias_dps: Floats

    @classmethod
    def of(
        cls,
        name: str,
        readings: Readings,
        sensor: Sensor,
        duration_s: float,
        strides: list[dict[str, float | None]],
        info: dict[str, object],
        motion: Moving,
    ) -> Generated:
        """Put together what a sensor read and what is true."""
        return cls(
            name=name,
            t_s=readings.t_s,
            acc=readings.acc,
            gyr=readings.gyr,
            rate_hz=sensor.rate_hz,
            duration_s=duration_s,
            strides=strides,
            gaps_s=readings.gaps_s,
            info=info,
            motion=motion,
            mounting=readings.mounting,
            gyro_bias_dps=readings.gyro_bias_dps,
        )

    @property
    def metadata(self) -> dict[str, object]:
        """Everything of the JSON beside the CSV."""
        out: dict[str, object] = dict(self.info)
        out.update(sampling_rate_hz=self.rate_hz, duration_s=round(self.duration_s, 4))
        if self.gaps_s:
            out["gaps_s"] = [[round(edge, 4) for edge in span] for span in self.gaps_s]
        out["partial"] = False
        out["strides"] = self.strides
        return out

    def save(self, path: Path) -> Path:
        """Write CSV and JSON; `path` is the CSV (.csv, .csv.gz) or a folder. Returns the CSV.

        Raises HeelcueError where a recording is there already that was not generated.
        """
        if name_of(path) is None:
            path = path / f"{self.name}.csv.gz"
        check_generated(path)
        write_recording(path, self.t_s, self.acc, self.gyr, self.metadata)
        return path


def check_generated(path: Path) -> None:
    """Raise HeelcueError if `path` is somebody's walk: there already, and not generated."""
    sidecar = sidecar_of(path)
    if not (path.exists() or sidecar.exists()):
        return
    try:
        about = json.loads(sidecar.read_bytes())
    except (OSError, ValueError):
        about = None
    if not isinstance(about, dict) or not str(about.get("source")).startswith(SOURCE):
        raise HeelcueError(
            f"{path} is there already and was not generated; give another name, or remove it", 2
        )


def generate_walk(walk: Walk) -> Generated:
    """Walk as told; the same `walk` gives the same recording, whatever was generated before."""
    motion, strides = walk_motion(walk)
    readings = measure(motion, walk.duration_s, walk.sensor, _rngs(walk)[3])
    group = "orthopedic" if walk.preset == "orthopaedic" else walk.preset  # as recordings spell it
    info = describe(f"walk {walk.preset}", group, walk.seed, walk.side)
    info["heel_off_reference"] = "by construction: pitch rate rises through 20 deg/s"
    name = f"walk_{walk.preset}_{walk.seed}"
    return Generated.of(name, readings, walk.sensor, walk.duration_s, strides, info, motion)


def walk_motion(walk: Walk) -> tuple[Motion, list[dict[str, float | None]]]:
    """Return the motion of a walk and the labels of its strides, without a sensor."""
    person_rng, plan_rng, shape_rng, _ = _rngs(walk)
    foot = _person(walk, person_rng)
    plan = plan_walk(walk, foot, plan_rng)
    motion = foot_motion(plan, foot, shape_rng, walk.variability, walk.side)
    return motion, [_label(s) for s in plan.strides]


def _rngs(walk: Walk) -> tuple[np.random.Generator, ...]:
    """Independent sources of chance for the person, the plan, the shape and the sensor."""
    who = np.random.default_rng([walk.seed, 0x3A1F])
    return who, *np.random.default_rng([walk.seed, 0x3A1F, 1 + walk.again]).spawn(3)


def describe(what: str, group: str, seed: int, side: str) -> dict[str, object]:
    """Return what the sidecar says about where a generated recording comes from."""
    return {
        "source": f"{SOURCE}{what}, seed {seed}",
        "licence": "MIT",
        "subject": f"G{seed}",
        "group": group,
        "sensor": "simulated",
        "placement": "foot dorsum",
        "side": side,
        "gravity": "recorded",
    }


def _person(walk: Walk, rng: np.random.Generator) -> FootKinematics:
    foot = walk.foot or person(preset(walk.preset), rng, walk.person_spread)
    stride_s = foot.stride_s if walk.cadence_spm is None else 120 / walk.cadence_spm
    stride_m = foot.stride_m if walk.stride_m is None else walk.stride_m
    if walk.speed_mps is not None:
        if walk.stride_m is not None and walk.cadence_spm is None:
            stride_s = walk.stride_m / walk.speed_mps
        else:
            stride_m = walk.speed_mps * stride_s
    # what a faster or slower cadence squeezes: push-off and slap follow the stride time in part
    # (heel-off comes some 230 ms before toe-off at every cadence), and the rates go the other way
    tempo = stride_s / foot.stride_s
    reach = np.clip(stride_m / foot.stride_m, 0.3, 2.0)
    return replace(
        foot,
        stride_s=stride_s,
        stride_m=stride_m,
        push_off_s=foot.push_off_s * tempo**0.35,
        slap_s=foot.slap_s * tempo**0.35,
        lift_off_s=foot.lift_off_s * tempo**0.35,
        push_off_peak_dps=foot.push_off_peak_dps * float(reach) ** 0.5 / tempo**0.35,
    )


def _label(s: Stride) -> dict[str, float | None]:
    return {
        "step_start_s": round(s.heel_off_s + 0.55 * (s.toe_off_s - s.heel_off_s), 4),
        "step_end_s": round(s.contact_s, 4),
        "heel_off_s": round(s.heel_off_s, 4),
        "push_off_peak_s": round(s.peak_s, 4),
        "push_off_peak_dps": round(s.peak_dps, 1),
        "toe_off_s": round(s.toe_off_s, 4),
        "initial_contact_s": round(s.contact_s, 4),
    }
