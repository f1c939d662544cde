"""Lay out a walk: bouts between standing, turns, and how each stride differs from the last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from host_tools.generate.presets import FootKinematics

if TYPE_CHECKING:
    from host_tools.generate.walk import Walk

COURSES = ("straight", "there_and_back", "loop", "figure_eight")
LEAST_PEAK_DPS = 30.0
# Correlation of one stride with the next: people drift rather than jump (Hausdorff 2007)
_PERSISTENCE = 0.55


@dataclass(frozen=True)
class Stride:
    """One stride: heel-off to the landing that ends its swing. Times in s, in this order.

    turn_s: the foot's pitch rate goes through zero after toe-off. flat_s: foot-flat. heading_deg:
    before the stride; turn_deg: how much it turns to the left. kind: `plain`, `two_stage`, `dip`.
    wobble: the heel lifts and comes down again in the stance after this stride.
    """

    heel_off_s: float
    peak_s: float
    peak_dps: float
    toe_off_s: float
    turn_s: float
    contact_s: float
    flat_s: float
    length_m: float
    rise_m: float
    heading_deg: float
    turn_deg: float
    kind: str
    wobble: bool


@dataclass(frozen=True)
class Plan:
    """The strides of a walk of `duration_s`, in order of time."""

    strides: list[Stride]
    duration_s: float


class _Course:
    """Which way the next stride goes."""

    def __init__(self, walk: Walk, rng: np.random.Generator) -> None:
        self.walk, self.rng = walk, rng
        self.heading, self.straight_m, self.left_to_turn, self.curve = 0.0, 0.0, 0.0, 1.0
        self.sign = float(rng.choice([-1.0, 1.0]))

    def turn(self, length_m: float) -> tuple[float, bool]:
        """Return the next stride's turn in degrees, and whether it is part of a U-turn."""
        walk, rng = self.walk, self.rng
        if walk.course in ("loop", "figure_eight"):
            turn = float(np.degrees(length_m / walk.leg_m)) * self.sign * self.curve
            if walk.course == "figure_eight" and abs(self.heading + turn) > 360:
                self.curve = -self.curve
            return turn, False
        if walk.course == "straight":
            return 0.0, False
        if self.left_to_turn == 0.0 and self.straight_m >= walk.leg_m:
            self.left_to_turn, self.straight_m = 180.0 * self.sign, 0.0
            if rng.random() < 0.3:
                self.sign = -self.sign
        if self.left_to_turn == 0.0:
            return 0.0, False
        turn = float(np.copysign(rng.uniform(45, 95), self.left_to_turn))
        if abs(turn) >= abs(self.left_to_turn) - 15:
            turn = self.left_to_turn
        self.left_to_turn -= turn
        return turn, True

    def done(self, length_m: float, turn_deg: float) -> None:
        """Say that a stride was made."""
        self.heading += turn_deg
        self.straight_m += length_m


def plan_walk(walk: Walk, foot: FootKinematics, rng: np.random.Generator) -> Plan:
    """Lay out the strides of `walk` by a person with the kinematics `foot`."""
    strides: list[Stride] = []
    course = _Course(walk, rng)
    usual = np.array([foot.stride_s, foot.stride_m, foot.push_off_peak_dps, 1.0])
    spread = walk.variability * foot.cv * np.array([1.0, 1.3, 1.8, 1.8])
    drift = np.zeros(4)
    t, end = walk.quiet_s + rng.uniform(0.0, 0.8), walk.duration_s - walk.quiet_s
    stop_at, fresh = t + _until_stop(walk, rng), True
    while t < end - 1.2 * foot.stride_s:
        fading = np.sqrt(1 - _PERSISTENCE**2)
        drift = _PERSISTENCE * drift + fading * rng.normal(size=4)
        period, length, peak, push = (float(x) for x in usual * np.exp(spread * drift))
        ending = t + 2.2 * foot.stride_s >= end
        last = ending or t + period >= stop_at
        turn, pivoting = course.turn(length)
        if pivoting:
            length *= rng.uniform(0.15, 0.5)
            peak *= rng.uniform(0.35, 0.8)
            period *= rng.uniform(0.9, 1.15)
        if fresh or last:  # the first and the last stride bring the foot beside the other one
            length *= rng.uniform(0.45, 0.7)
            peak *= rng.uniform(0.65, 0.95)
        strides.append(_stride(foot, rng, t, period, length, peak, push, course.heading, turn))
        course.done(length, turn)
        t, fresh = t + period, last
        if last and rng.random() < 0.3:  # the foot is set right beside the other one
            t += rng.uniform(0.3, 1.0)
            peak, length, turn = rng.uniform(30, 90), rng.uniform(0.03, 0.12), rng.uniform(-12, 12)
            strides.append(_stride(foot, rng, t, period, length, peak, 0.8, course.heading, turn))
            course.done(length, turn)
            t += period
        if ending:
            break
        if last:
            t += rng.uniform(0.6, 1.4) * walk.stop_s
            stop_at = t + _until_stop(walk, rng)
    return Plan(strides, walk.duration_s)


def _until_stop(walk: Walk, rng: np.random.Generator) -> float:
    if walk.stops_per_min <= 0:
        return np.inf
    return max(4.0, float(rng.exponential(60 / walk.stops_per_min)))


def _stride(
    foot: FootKinematics,
    rng: np.random.Generator,
    t: float,
    period: float,
    length: float,
    peak: float,
    push: float,
    heading: float,
    turn: float,
) -> Stride:
    kind, hesitation = "plain", 0.0
    draw = rng.random()
    if draw < foot.dip:
        kind, hesitation = "dip", 0.16
    elif draw < foot.dip + foot.two_stage:
        kind, hesitation = "two_stage", rng.uniform(0.03, 0.09)
    push_s = foot.push_off_s * push + hesitation
    # a short stride leaves less time: the events keep their order
    push_s = min(push_s, 0.35 * period)
    lift_s = min(foot.lift_off_s, 0.25 * foot.swing_share * period)
    toe_off = t + push_s + min(0.012, 0.3 * lift_s)
    swing_s = foot.swing_share * period * float(np.exp(0.4 * foot.cv * rng.normal()))
    contact = toe_off + max(swing_s, lift_s + 0.12)
    slap_s = min(foot.slap_s, 0.45 * (t + period - contact))
    return Stride(
        heel_off_s=t,
        peak_s=t + push_s,
        peak_dps=max(peak, LEAST_PEAK_DPS),
        toe_off_s=toe_off,
        turn_s=t + push_s + lift_s,
        contact_s=contact,
        flat_s=contact + slap_s,
        length_m=length,
        rise_m=foot.rise_m * min(1.0, length / foot.stride_m),
        heading_deg=heading,
        turn_deg=turn,
        kind=kind,
        wobble=bool(rng.random() < foot.wobble),
    )
