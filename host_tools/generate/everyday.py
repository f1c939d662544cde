"""What a worn shoe goes through between walks: dangling from a wall, getting up, jumping ...

Getting up begins with the foot drawn back under the knee and ends, sitting down, with a step back
to the chair (phases after Schenkman et al. 1990, Phys Ther 70:638). A rope is skipped at up to 2.5
jumps a second; the foot leaves the ground by the flight time's own height, g t^2 / 8.
"""

from __future__ import annotations

import numpy as np

from host_tools.generate.motion import Motion, Shift, Turn, X, Y
from host_tools.generate.script import Script
from host_tools.generate.tracks import (
    Constant,
    Periodic,
    Product,
    Scaled,
    Sum,
    from_rate,
    noise,
    switch,
)
from host_tools.recordings import GRAVITY_MPS2

_STOP_S = 0.03  # the ball of the foot is stopped by floor and sole within that


def getting_up(rng: np.random.Generator, duration_s: float) -> Motion:
    """Sit, draw the foot back, get up, stand, step back to the chair, sit down."""
    script = Script(rng, duration_s)
    script.wait(script.uniform(0.5, 2))
    back = script.uniform(0.03, 0.25)
    while not script.done:
        script.unrest(script.uniform(1, 15), 0.25, pitch=1.0, roll=1.0)
        place = script.now("x")
        if script.chance(0.7):
            _draw_back(script, place - back * script.uniform(0.6, 1.4))
        rise = script.uniform(0.4, 1.2)  # the shin goes over the foot, the heel may come up
        script.move(0.5 * rise, pitch=script.uniform(0, 25) if script.chance(0.6) else 0.0)
        script.unrest(script.uniform(0.05, 0.4), 0.15, pitch=5.0, roll=4.0)
        script.move(0.6 * rise, pitch=0.0)
        script.unrest(script.uniform(0.5, 12), 0.25, pitch=1.5, roll=1.5)
        if script.chance(0.5):
            script.move(script.uniform(0.2, 0.4), pitch=script.uniform(5, 30), z=0.03)
            step = script.uniform(0.05, 0.2)
            script.move(
                script.uniform(0.15, 0.3), x=script.now("x") - step, pitch=script.uniform(-8, 8)
            )
            script.move(0.12, pitch=0.0, z=0.0)
            script.wait(script.uniform(0.2, 1.0))
        script.move(script.uniform(0.5, 1.2), pitch=script.uniform(0, 15))
        script.move(0.3, pitch=0.0)
        script.move(script.uniform(0.3, 0.8), x=place, pitch=script.uniform(-10, 10))
        script.move(0.2, pitch=0.0)
    return script.motion()


def dangling(rng: np.random.Generator, duration_s: float) -> Motion:
    """Sit on a wall or a high chair and swing the legs."""
    spans, reached = [], float(rng.uniform(0.5, 4))
    t, rate = [-1.0, 0.0], [0.0, 0.0]
    while reached < duration_s:
        end = reached + float(rng.exponential(15)) + 2
        speed = 2 * np.pi * float(rng.uniform(0.6, 1.3))
        spans.append((reached, end, float(rng.uniform(4, 40))))
        t += [reached, reached + 0.3, end - 0.3, end]
        rate += [0.0, speed, speed * float(rng.uniform(0.9, 1.1)), 0.0]
        reached = end + float(rng.exponential(6)) + 0.6
    phase = from_rate(t, rate)
    uneven = Periodic(phase, float(rng.uniform(0, 0.15)), 2.0, float(rng.uniform(0, 6.3)))
    swing = Product(switch(spans, 1.0), Sum(Periodic(phase, 1.0), uneven))
    still = noise(rng, duration_s + 1, 2.0, 2.0)
    ankle = Scaled(swing, float(rng.uniform(-0.3, 0.4)))
    return Motion(
        Turn(Y, Sum(Constant(float(rng.uniform(-25, 25))), swing, still)),
        Shift(0.0, 0.0, -0.45),  # from the knee to the ankle
        Turn(
            Y,
            Sum(Constant(float(rng.uniform(-10, 35))), ankle, noise(rng, duration_s + 1, 1.0, 2.0)),
        ),
        Turn(X, noise(rng, duration_s + 1, 1.0, 3.0)),
        Shift(0.06, 0.0, 0.03),
    )


def kneeling(rng: np.random.Generator, duration_s: float) -> Motion:
    """Kneel on one knee, the foot behind on its toes or its instep; work; get up."""
    script = Script(rng, duration_s)
    while not script.done:
        script.unrest(script.uniform(1, 10), 0.25, pitch=1.0, roll=1.0)
        step = script.uniform(0.2, 0.5)
        script.move(script.uniform(0.2, 0.4), pitch=script.uniform(20, 40), z=0.03)
        script.move(
            script.uniform(0.3, 0.6),
            x=script.now("x") - step,
            z=0.0,
            pitch=script.uniform(20, 50),
        )
        script.move(script.uniform(0.4, 1.0), pitch=script.uniform(50, 85))
        script.unrest(script.uniform(2, 40), 0.25, pitch=3.0, roll=3.0)
        if script.chance(0.5):
            script.move(0.6, pitch=script.uniform(90, 120))
            script.unrest(script.uniform(2, 20), 0.25, pitch=2.0, roll=2.0)
            script.move(0.6, pitch=70.0)
        script.move(script.uniform(0.3, 0.8), pitch=script.uniform(20, 45))
        script.move(
            script.uniform(0.3, 0.5),
            x=script.now("x") + step,
            z=0.04,
            pitch=script.uniform(-10, 10),
        )
        script.move(0.15, pitch=0.0, z=0.0)
    return script.motion()


def lying(rng: np.random.Generator, duration_s: float) -> Motion:
    """Lie, toes up or to the side, turn over, stretch, wag the foot."""
    script = Script(rng, duration_s)
    script.move(0.2, pitch=-80.0)
    while not script.done:
        script.unrest(script.uniform(2, 40), 0.3, pitch=1.0, roll=1.0)
        script.move(
            script.uniform(0.3, 1.5),
            pitch=script.uniform(-110, -20),
            roll=script.uniform(-60, 60),
            yaw=script.uniform(-40, 40),
            x=script.uniform(-0.3, 0.3),
            z=script.uniform(0, 0.3),
        )
        if script.chance(0.3):
            mean = script.now("pitch")
            for _ in range(int(script.uniform(1, 12))):
                script.move(script.uniform(0.2, 0.6), pitch=mean + script.uniform(-25, 25))
    return script.motion()


def jumping(rng: np.random.Generator, duration_s: float) -> Motion:
    """Jump on the spot, as with a rope: on the balls of the feet or with the heels down."""
    script = Script(rng, duration_s)
    while not script.done:
        script.unrest(script.uniform(1, 15), 0.2, pitch=2.0, roll=2.0)
        period = 1 / script.uniform(1.3, 2.5)
        flight = min(0.7 * period, script.uniform(0.15, 0.4))
        landing, lowest, leaving = (script.uniform(*span) for span in ((5, 35), (0, 12), (30, 60)))
        script.move(0.3, pitch=lowest, z=0.0, x=script.now("x"), y=script.now("y"))
        for _ in range(int(script.uniform(3, 60))):
            vary = script.uniform(0.93, 1.07)
            _hop(script, vary * flight, vary * (period - flight), landing, lowest, leaving)
        script.move(0.25, pitch=0.0, z=0.0, x=script.now("x"), y=script.now("y"))
    return script.motion()


def _draw_back(script: Script, x: float) -> None:
    """Draw the foot back to `x`: lifted, or with the sole dragging."""
    if script.chance(0.6):
        script.move(script.uniform(0.15, 0.35), pitch=script.uniform(8, 35))
        script.move(
            script.uniform(0.2, 0.6), x=x, z=script.uniform(0, 0.04), pitch=script.uniform(-10, 30)
        )
        script.move(script.uniform(0.12, 0.3), pitch=0.0, z=0.0)
    else:
        script.move(script.uniform(0.25, 0.7), x=x, pitch=script.uniform(0, 10))
        script.move(0.15, pitch=0.0)
    script.wait(script.uniform(0.05, 1.0))


def _hop(
    script: Script, flight: float, ground: float, landing: float, lowest: float, leaving: float
) -> None:
    """Push off, fly, land on the pitch `landing` (deg) and go down to `lowest`; times in s."""
    g, speed = GRAVITY_MPS2, GRAVITY_MPS2 * flight / 2
    push = min(0.06, ground / 4)
    lift = 0.4 * speed * push  # how far the ball has risen when the last toe leaves the ground
    fall = float(np.sqrt(speed**2 + 2 * g * lift))
    off, down = script.t + ground / 2, script.t + ground / 2 + (speed + fall) / g
    script.knot(off - push, z=0.0)
    script.knot(off, speed, -g, z=lift)
    script.knot(down, -fall, -g, z=0.0)
    script.knot(down + _STOP_S, z=0.0)
    script.knot(off, pitch=leaving * script.uniform(0.9, 1.1))
    script.knot(down, pitch=landing * script.uniform(0.8, 1.2))
    script.t = down + max(_STOP_S, ground / 2)
    script.knot(script.t, pitch=lowest * script.uniform(0.8, 1.2))
    script.knot(script.t, x=script.uniform(-0.04, 0.04), y=script.uniform(-0.04, 0.04))
