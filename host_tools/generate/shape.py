"""From planned strides to tracks: pitch, roll, heading, pivot along the sole, place of the foot."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import PchipInterpolator

from host_tools.generate.motion import Motion, Shift, Turn, X, Y, Z
from host_tools.generate.plan import Plan, Stride
from host_tools.generate.presets import FootKinematics
from host_tools.generate.tracks import (
    NOISE_RATE_PER_KNOT,
    Constant,
    Polynomial,
    Product,
    Scaled,
    Sum,
    from_points,
    from_rate,
    noise,
    rate_integrals,
    switch,
)
from host_tools.recordings import Floats

HEEL_OFF_DPS = 20.0
# The foot, from the back of the heel along the sole, in m (EU size 42): where it turns about
HEEL_M, BALL_M, TOE_M = 0.02, 0.18, 0.215
# The clip on the laces: forward of the heel, and above the sole
DORSUM_M = (0.15, 0.01, 0.075)


def foot_motion(
    plan: Plan,
    foot: FootKinematics,
    rng: np.random.Generator,
    variability: float = 1.0,
    side: str = "right",
) -> Motion:
    """Return the motion of the sensor's place on the foot, foot frame (x forward, y left, z up)."""
    rngs = rng.spawn(5)
    pitch = Sum(_pitch(plan, foot, rngs[0]), _restless(plan, rngs[1], foot.residual_dps))
    outward = -1.0 if side == "right" else 1.0
    roll = Sum(
        _sway(plan, foot.roll_dps, rngs[2], variability, outward),
        _restless(plan, rngs[3], 0.6 * foot.residual_dps),
    )
    heading = _heading(plan, foot, rngs[4], variability, outward)
    pivot, x, y, z = _place(plan, foot)
    return Motion(
        Shift(x, y, z),
        Turn(Z, heading),
        Shift(Sum(pivot, Constant(-BALL_M))),
        Turn(Y, pitch),
        Turn(X, roll),
        Shift(Sum(Scaled(pivot, -1.0), Constant(DORSUM_M[0])), outward * DORSUM_M[1], DORSUM_M[2]),
    )


def _next_heel_off(plan: Plan) -> list[float]:
    return [s.heel_off_s for s in plan.strides[1:]] + [plan.duration_s + 1.0]


def _pitch(plan: Plan, foot: FootKinematics, rng: np.random.Generator) -> Polynomial:
    """Pitch in degrees, integrated from its rate; back at foot-flat before every heel-off."""
    first = plan.strides[0].heel_off_s
    knots = [(-1.0, 0.0), (first - 0.45, 0.0), *_creep(first, 0.4, foot.creep_dps)]
    swing: list[tuple[int, int]] = []  # of each stride: first and last knot of its swing
    starts: list[int] = []
    for s, following in zip(plan.strides, _next_heel_off(plan), strict=True):
        starts.append(len(knots))
        knots += _push_off(s, foot)
        swing.append((len(knots), len(knots) + len(_SWING)))
        zero = s.contact_s - min(0.02, 0.1 * (s.contact_s - s.turn_s))
        knots.append((s.turn_s, 0.0))
        knots += [(s.turn_s + u * (zero - s.turn_s), level * 200.0) for u, level in _SWING]
        knots.append((zero, 0.0))
        knots += _stance(s, foot, zero, following, rng)
    t, rate = (np.array(x) for x in zip(*knots, strict=True))
    starts.append(len(knots))  # the last stride ends where the walk does
    t, rate = np.append(t, plan.duration_s + 2.0), np.append(rate, 0.0)
    # The swing undoes the pitch of push-off and slap: scale each to close its stride. The cubic's
    # slopes depend weakly on the scale, hence the repetition.
    for _ in range(8):
        pitch = rate_integrals(t, rate)
        for k, (a, b) in enumerate(swing):
            undone = pitch[b + 1] - pitch[a]
            excess = pitch[starts[k + 1]] - pitch[starts[k]]
            rate[a + 1 : b + 1] *= float(np.clip((undone - excess) / undone, 0.05, 20.0))
    return from_rate(t, rate, foot.flat_deg)


# Shape of the swing: where (share of the time between the rate's zeros), how fast (share)
_SWING = ((0.14, -0.62), (0.32, -0.95), (0.5, -1.0), (0.72, -0.92), (0.88, -0.55))


def _push_off(s: Stride, foot: FootKinematics) -> list[tuple[float, float]]:
    start, length = s.heel_off_s, s.peak_s - s.heel_off_s
    knots = [(start, HEEL_OFF_DPS)]
    base = HEEL_OFF_DPS
    if s.kind != "plain":
        # a first rise, a hesitation, then the rest; in a dip the heel stays some 3 degrees up
        first = min(0.45 * s.peak_dps, 85.0)
        if s.kind == "dip" and first > 70.0 and length > 0.25:
            low, share = 8.0, (0.075, 0.13, 0.17)
        else:
            low, share = max(24.0, 0.45 * first), (0.22 * length, 0.4 * length, 0.45 * length)
            first = max(first, 1.2 * low)
        knots += [(start + share[0], first), (start + share[1], low)]
        start, length, base = start + share[1], length - share[1], low
    elif foot.slow_roll_s > 0.01:
        slow = min(foot.slow_roll_s, 0.5 * length)
        base = min(38.0, 0.5 * s.peak_dps)
        knots.append((start + slow, base))
        start, length = start + slow, length - slow
    for u in (0.25, 0.5, 0.75, 0.92):
        knots.append((start + u * length, base + (s.peak_dps - base) * u**foot.rise_exponent))
    knots.append((s.peak_s, s.peak_dps))
    return knots


def _stance(
    s: Stride, foot: FootKinematics, zero_s: float, following: float, rng: np.random.Generator
) -> list[tuple[float, float]]:
    """Knots from the landing to just before the next heel-off."""
    gap = following - s.flat_s
    reach = float(np.clip(s.length_m / foot.stride_m, 0.3, 1.2)) if foot.landing_deg < 0 else 1.0
    landing = foot.landing_deg * reach * float(np.exp(2 * foot.cv * rng.normal()))
    slap = (foot.flat_deg - landing) / (0.55 * (s.flat_s - zero_s))
    knots = [(s.contact_s + 0.3 * (s.flat_s - s.contact_s), slap), (s.flat_s, 0.0)]
    tail = min(0.13, 0.35 * gap)
    ring = foot.ring * slap * float(rng.uniform(0.4, 1.4))
    knots += [
        (s.flat_s + 0.3 * tail, -ring),
        (s.flat_s + 0.6 * tail, 0.45 * ring),
        (s.flat_s + 0.85 * tail, -0.1 * ring),
        (s.flat_s + tail, 0.0),
    ]
    creeping = min(0.4, 0.45 * gap)
    room = min(gap, 1.2) - tail - creeping - 0.2
    if s.wobble and room > 0.02:
        lift = float(rng.uniform(22, 55))
        at = s.flat_s + tail + 0.02 + rng.uniform(0, room)
        shape = ((0.0, 1.0), (0.04, lift), (0.08, 0.0), (0.12, -0.96 * lift), (0.16, 1.0))
        knots += [(at + dt, rate) for dt, rate in shape]
    if gap > 1.5:  # standing between two bouts
        knots += [(following - 0.6, 0.0), (following - 0.45, 0.0)]
    return knots + _creep(following, creeping, foot.creep_dps)


def _creep(heel_off_s: float, span_s: float, creep_dps: float) -> list[tuple[float, float]]:
    """Knots of the slow roll over the ball that precedes heel-off, below its threshold."""
    creep = min(creep_dps, 13.0)
    return [
        (heel_off_s - span_s, 0.05 * creep),
        (heel_off_s - 0.5 * span_s, 0.2 * creep),
        (heel_off_s - 0.15 * span_s, creep),
    ]


def _restless(plan: Plan, rng: np.random.Generator, rate_dps: float) -> Sum:
    """Unrest of the foot while it carries weight, in degrees; none from heel-off to foot-flat.

    Between the strides of a U-turn the foot is turned and set anew, and is far from still.
    """
    begin, spans = 0.0, []
    turning = False
    for s in plan.strides:
        turns = abs(s.turn_deg) > 30
        end, level = s.heel_off_s - 0.06, rate_dps
        if (turns or turning) and rng.random() < 0.4 and end - begin > 0.3:
            end, level = end - 0.15, float(rng.uniform(5.0, 40.0))
        spans.append((begin, end, level))
        begin, turning = s.flat_s + 0.02, turns
    spans.append((begin, plan.duration_s + 1.0, rate_dps))
    spans = [span for span in spans if span[1] - span[0] > 0.05]
    knot_s = 0.1
    fast = noise(rng, plan.duration_s + 2, knot_s, knot_s / NOISE_RATE_PER_KNOT)
    slow = noise(rng, plan.duration_s + 2, 0.7, 0.25)
    return Sum(
        Product(switch(spans, 0.15), fast),
        Product(switch([(a, b, 1.0) for a, b, _ in spans], 0.15), slow),
    )


def _sway(
    plan: Plan, rate_dps: float, rng: np.random.Generator, variability: float, outward: float
) -> Polynomial:
    """Inversion and eversion in degrees: a pattern of the person, varied from stride to stride."""
    size = 0.085 * rate_dps
    own = size * np.array([0.55, -0.4, -0.9, -0.5, 0.2]) * outward
    own = own + 0.35 * size * rng.normal(size=5)
    t, angle = [-1.0], [0.0]
    for s, following in zip(plan.strides, _next_heel_off(plan), strict=True):
        swing, gap = s.contact_s - s.toe_off_s, following - s.flat_s
        t += [s.heel_off_s, s.toe_off_s, s.toe_off_s + 0.35 * swing, s.toe_off_s + 0.75 * swing]
        t += [s.contact_s, s.flat_s, s.flat_s + 0.45 * gap]
        vary = 1 + variability * 0.2 * rng.normal(), variability * 0.2 * size * rng.normal(size=5)
        this = own * vary[0] + vary[1]
        # rolling onto the sole: minimum jerk peaks at 1.9 times its mean rate
        limit = 2.2 * rate_dps * (s.flat_s - s.contact_s) / 1.9
        this[4] = this[3] + np.clip(this[4] - this[3], -limit, limit)
        angle += [0.0, *this, 0.0]
    return _through(t, angle)


def _heading(
    plan: Plan,
    foot: FootKinematics,
    rng: np.random.Generator,
    variability: float,
    outward: float,
) -> Polynomial:
    """Heading of the foot in degrees, to the left positive; most of a turn is made in swing."""
    out = outward * foot.toe_out_deg
    size = 0.085 * foot.yaw_dps
    own = size * (np.array([0.3, 0.9, -0.5, -0.4]) * outward + 0.4 * rng.normal(size=4))
    t, angle = [-1.0], [plan.strides[0].heading_deg + out]
    for s, following in zip(plan.strides, _next_heel_off(plan), strict=True):
        swing = s.contact_s - s.toe_off_s
        t += [s.heel_off_s, s.toe_off_s, s.toe_off_s + 0.4 * swing, s.toe_off_s + 0.8 * swing]
        t += [s.contact_s, s.flat_s + min(0.25, 0.6 * (following - s.flat_s))]
        wander = own * (1 + 0.2 * variability * rng.normal())
        wander = np.concatenate(
            [[0.0], wander + 0.2 * variability * size * rng.normal(size=4), [0]]
        )
        share = np.array([0.0, 0.22, 0.5, 0.8, 0.86, 1.0])
        angle += list(s.heading_deg + out + s.turn_deg * share + wander)
    return _through(t, angle)


def _through(t: list[float], angle: list[float]) -> Polynomial:
    """Pass through angles without stopping at each, and without overshooting."""
    rate = PchipInterpolator(t, angle).derivative()(t)
    rate[[0, -1]] = 0.0
    return from_points(t, angle, rate)


def _place(
    plan: Plan, foot: FootKinematics
) -> tuple[Polynomial, Polynomial, Polynomial, Polynomial]:
    """Where the foot turns about along the sole, and the path of the ball of the flat foot."""
    land_m = HEEL_M if foot.landing_deg < 0 else BALL_M
    pivot: list[tuple[float, float]] = [(-1.0, BALL_M)]
    path: list[tuple[float, Floats, Floats, Floats]] = [(-1.0, *np.zeros((3, 3)))]
    height: list[tuple[float, float, float]] = [(-1.0, 0.0, 0.0)]
    place: Floats = np.zeros(3)
    for s, following in zip(plan.strides, _next_heel_off(plan), strict=True):
        swing, stance = s.contact_s - s.toe_off_s, following - s.contact_s
        stop_s = min(0.024, 0.2 * stance)
        pivot += [
            (s.heel_off_s, BALL_M),
            (s.toe_off_s, TOE_M),
            (s.toe_off_s + 0.12 * swing, TOE_M),  # the heel is high still, the toe must clear
            (s.contact_s - 0.01, land_m),
            (s.flat_s, land_m),
            (s.flat_s + min(0.3, 0.7 * (following - s.flat_s)), BALL_M),
        ]
        course = np.radians(s.heading_deg + s.turn_deg / 2)
        step = s.length_m * np.array([np.cos(course), np.sin(course), 0.0])
        # the heel comes in forward and is stopped by the ground, with what braked it in swing
        onward = min(0.9 * foot.impact_mps, 0.4 * s.length_m / swing) * step / s.length_m
        braking = -1.6 * step / swing**2
        goal, still = place + step, np.zeros(3)
        path += [
            (s.toe_off_s - 0.02, place, still, still),
            (s.toe_off_s + 0.46 * swing, place + 0.47 * step, 1.42 / swing * step, still),
            (s.contact_s, goal - 0.4 * stop_s * onward, onward, braking),
            (s.contact_s + stop_s, goal, still, still),
        ]
        low, high = place[2], place[2] + s.rise_m
        give = 0.06 * stop_s * foot.impact_mps
        if s.rise_m < 0:  # down a stair: over the edge, then down
            early = (0.25, low + foot.clearance_m, 0.0)
            late = (0.62, low + 0.4 * s.rise_m, 1.15 * s.rise_m / swing)
        elif s.rise_m > 0:  # up a stair: lifted above the next step, then set on it
            early = (0.45, low + 0.8 * s.rise_m + foot.clearance_m, 0.3 * s.rise_m / swing)
            late = (0.72, high + 0.9 * foot.clearance_m, 0.0)
        else:  # the toe's first and lowest clearance
            early = (0.32, low + foot.clearance_m, 0.0)
            late = (0.66, high + 0.45 * foot.clearance_m, 0.0)
        height += [
            (s.toe_off_s - 0.01, low, 0.0),
            *((s.toe_off_s + share * swing, z, rate) for share, z, rate in (early, late)),
            (s.contact_s, high + 0.4 * stop_s * foot.impact_mps, -foot.impact_mps),
            (s.contact_s + stop_s, high - give, 0.0),
            (s.contact_s + 2 * stop_s, high + 0.4 * give, 0.0),
            (s.contact_s + 3 * stop_s, high, 0.0),
        ]
        place = goal + np.array([0.0, 0.0, s.rise_m])
    times = [p[0] for p in path]
    where, speed, acceleration = (np.array([p[k] for p in path]) for k in (1, 2, 3))
    return (
        from_points(*zip(*pivot, strict=True)),
        from_points(times, where[:, 0], speed[:, 0], acceleration[:, 0]),
        from_points(times, where[:, 1], speed[:, 1], acceleration[:, 1]),
        from_points(*zip(*height, strict=True)),
    )
