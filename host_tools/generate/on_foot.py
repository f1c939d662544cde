"""Activities of a foot that does not walk: standing, sitting, tapping, bouncing, pedals, shoe on.

Rates and sizes: sway and weight shifting from Winter 1995 (Gait Posture 3:193) and Duarte and
Zatsiorsky 1999 (Motor Control 3); a bouncing leg at 3-7 Hz; tapping at up to
4-5 Hz, the fastest that foot-tapping tests find.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from host_tools.generate.motion import Motion
from host_tools.generate.script import Script


def standing(rng: np.random.Generator, duration_s: float) -> Motion:
    """Stand and sway; now and then the foot settles anew."""
    script = _upright(rng, duration_s)
    size = script.uniform(0.3, 2.0)
    while not script.done:
        script.unrest(script.uniform(3, 15), 0.25, pitch=size, roll=0.7 * size, yaw=0.3 * size)
        if script.chance(0.3):
            _settle(script)
    return script.motion()


def weight_shifts(rng: np.random.Generator, duration_s: float) -> Motion:
    """Shift the weight from leg to leg; the unloaded foot rolls, its heel may come up and back."""
    script = _upright(rng, duration_s)
    while not script.done:
        pause, shift = script.uniform(0.2, 2.5), script.uniform(0.35, 1.4)
        light = script.chance(0.5)
        script.move(
            shift,
            roll=script.uniform(-4, 4) if light else script.uniform(-0.5, 0.5),
            pitch=script.uniform(-1.0, 2.5) if light else script.uniform(-0.3, 0.3),
            yaw=script.now("yaw") + script.uniform(-0.5, 0.5),
        )
        script.unrest(pause, 0.15, pitch=script.uniform(0.5, 3), roll=script.uniform(0.5, 3))
        if script.chance(0.2):  # the idle leg bends: heel up slowly, and down
            script.move(script.uniform(0.4, 1.2), pitch=script.uniform(5, 25))
            script.unrest(script.uniform(0.2, 3), 0.2, pitch=4.0, roll=3.0)
            script.move(script.uniform(0.35, 1.0), pitch=0.0)
        if script.chance(0.12):
            _settle(script)
    return script.motion()


def toe_taps(rng: np.random.Generator, duration_s: float) -> Motion:
    """Tap the toes, heel on the floor: to music, or waiting."""
    script = _upright(rng, duration_s)
    while not script.done:
        _tap_toes(script, script.uniform(2, 15))
        script.unrest(script.uniform(0.5, 6), 0.2, pitch=0.8, roll=0.6)
    return script.motion()


def heel_taps(rng: np.random.Generator, duration_s: float) -> Motion:
    """Tap the heel, ball of the foot on the floor, standing."""
    script = _upright(rng, duration_s)
    while not script.done:
        _tap_heel(script, script.uniform(2, 15))
        script.unrest(script.uniform(0.5, 6), 0.2, pitch=0.8, roll=0.6)
    return script.motion()


def heel_raises(rng: np.random.Generator, duration_s: float) -> Motion:
    """Rise onto the toes and come down, slowly or briskly, as in exercise."""
    script = _upright(rng, duration_s)
    while not script.done:
        top, up = script.uniform(12, 40), script.uniform(0.35, 1.3)
        down = up * script.uniform(0.8, 1.6)
        for _ in range(int(script.uniform(1, 12))):
            vary = script.uniform(0.85, 1.15)
            script.move(up * vary, pitch=top * vary)
            script.unrest(script.uniform(0.05, 1.0), 0.15, pitch=6.0, roll=6.0)
            script.move(down * vary, pitch=0.0)
            script.wait(script.uniform(0.05, 0.8))
        script.unrest(script.uniform(1, 10), 0.2, pitch=1.0, roll=0.8)
    return script.motion()


def bouncing_leg(rng: np.random.Generator, duration_s: float) -> Motion:
    """Sit with the leg bouncing on the ball of the foot."""
    script = _seated(rng, duration_s)
    while not script.done:
        _bounce(script, script.uniform(3, 40))
        script.unrest(script.uniform(0.3, 8), 0.2, pitch=1.5, roll=1.5)
    return script.motion()


def restless_sitting(rng: np.random.Generator, duration_s: float) -> Motion:
    """Sit with feet that slide, tap, bounce, circle, tuck under the chair and lie still."""
    script = _seated(rng, duration_s)
    acts: tuple[Callable[[Script], None], ...] = (
        lambda s: _bounce(s, s.uniform(1, 12)),
        lambda s: _tap_toes(s, s.uniform(1, 6)),
        lambda s: _tap_heel(s, s.uniform(1, 6)),
        _slide,
        _slide,
        _circle,
        _tuck,
        lambda s: s.unrest(s.uniform(1, 25), 0.2, pitch=2.0, roll=2.0, yaw=1.0),
    )
    while not script.done:
        acts[rng.integers(len(acts))](script)
        script.unrest(script.uniform(0.2, 4), 0.25, pitch=0.8, roll=0.8)
    return script.motion()


def leg_crossing(rng: np.random.Generator, duration_s: float) -> Motion:
    """Sit, cross the leg over the other one, let the foot dangle and swing, put it back."""
    script = _seated(rng, duration_s)
    while not script.done:
        script.unrest(script.uniform(1, 12), 0.25, pitch=1.0, roll=1.0)
        up = script.uniform(0.7, 1.6)
        ankle = script.chance(0.3)  # ankle on knee; else knee over knee
        script.move(
            up,
            x=script.uniform(-0.05, 0.3),
            y=script.uniform(0.1, 0.3),
            z=script.uniform(0.35, 0.55) if ankle else script.uniform(0.15, 0.35),
            pitch=script.uniform(-30, 30) if ankle else script.uniform(5, 45),
            roll=script.uniform(40, 85) if ankle else script.uniform(-10, 30),
            yaw=script.uniform(10, 60) if ankle else script.uniform(-15, 25),
        )
        for _ in range(int(script.uniform(1, 7))):
            if script.chance(0.6):
                _dangle(script, script.uniform(2, 15))
            script.unrest(script.uniform(0.5, 10), 0.3, pitch=4.0, roll=3.0, yaw=3.0)
        down = script.uniform(0.6, 1.4)
        script.move(down, x=script.uniform(-0.1, 0.2), y=0.0, z=0.0, pitch=0.0, roll=0.0, yaw=0.0)
    return script.motion()


def driving(rng: np.random.Generator, duration_s: float) -> Motion:
    """Drive: the foot rests its heel and works the pedals, on the ride of the car around it."""
    from host_tools.generate.riding import car_body

    script = Script(rng, duration_s)
    script.move(0.1, pivot=0.02)
    script.move(0.5, pitch=-20.0)
    while not script.done:
        script.unrest(script.uniform(1, 12), 0.4, pitch=1.5, roll=0.8)
        if script.chance(0.55):
            script.move(script.uniform(0.2, 1.5), pitch=script.uniform(-32, -8))
        else:  # over to the brake, and back
            side = script.uniform(10, 25)
            script.move(script.uniform(0.15, 0.4), pitch=-35.0, yaw=side, z=0.03)
            script.move(script.uniform(0.15, 0.6), pitch=script.uniform(-25, -10))
            script.unrest(script.uniform(0.5, 6), 0.4, pitch=1.0)
            script.move(script.uniform(0.2, 0.5), pitch=-30.0, yaw=0.0, z=0.0)
    return car_body(rng, duration_s).then(*script.motion().links)


def putting_shoe_on(rng: np.random.Generator, duration_s: float) -> Motion:
    """Pick the shoe up, turn it, wriggle the foot in, stamp, tie the laces; take it off again."""
    script = Script(rng, duration_s)
    while not script.done:
        script.wait(script.uniform(1, 5))
        _handle(script, script.uniform(1.5, 6))
        script.move(script.uniform(0.4, 1.0), z=0.0, pitch=0.0, roll=0.0)
        for _ in range(int(script.uniform(2, 8))):  # the heel goes in
            script.move(script.uniform(0.15, 0.5), pitch=script.uniform(-25, 35))
            script.unrest(script.uniform(0.05, 0.5), 0.08, pitch=25.0, roll=20.0, yaw=15.0)
        script.move(script.uniform(0.2, 0.5), pitch=0.0, roll=0.0, yaw=0.0)
        for _ in range(int(script.uniform(0, 4))):
            script.tap(script.uniform(10, 25), script.uniform(0.12, 0.3), 0.0, 0.1)
            script.wait(script.uniform(0.1, 0.6))
        for _ in range(int(script.uniform(2, 10))):  # laces
            script.unrest(
                script.uniform(0.3, 1.2),
                0.06,
                pitch=script.uniform(4, 25),
                roll=12.0,
                x=0.02,
                z=0.02,
            )
            script.wait(script.uniform(0.05, 0.8))
        script.unrest(script.uniform(3, 20), 0.25, pitch=1.0, roll=1.0)
        script.move(script.uniform(0.3, 0.9), pitch=script.uniform(20, 50))  # heel out
        script.move(script.uniform(0.3, 0.9), pitch=0.0)
    return script.motion()


def _upright(rng: np.random.Generator, duration_s: float) -> Script:
    script = Script(rng, duration_s)
    script.unrest(script.uniform(1, 3), 0.25, pitch=0.5, roll=0.4)
    return script


def _seated(rng: np.random.Generator, duration_s: float) -> Script:
    script = Script(rng, duration_s)
    script.wait(script.uniform(0.5, 2))
    return script


def _settle(script: Script) -> None:
    """Turn the foot a little where it stands."""
    script.move(script.uniform(0.15, 0.35), pitch=script.uniform(2, 10), roll=script.uniform(-3, 3))
    script.move(script.uniform(0.15, 0.4), yaw=script.now("yaw") + script.uniform(-15, 15))
    script.move(script.uniform(0.12, 0.3), pitch=0.0, roll=0.0)


def _tap_toes(script: Script, seconds: float) -> None:
    period, angle = 1 / script.uniform(0.8, 4.0), -script.uniform(5, 25)
    angle *= min(1.0, 2.5 * period)
    end = script.t + seconds
    while script.t < end:
        p, a = period * script.uniform(0.9, 1.1), angle * script.uniform(0.8, 1.2)
        script.tap(a, 0.35 * p, script.uniform(0.0, 0.2) * p, 0.25 * p)
        script.wait(0.2 * p * script.uniform(0.5, 1.5))


def _tap_heel(script: Script, seconds: float) -> None:
    period, angle = 1 / script.uniform(0.8, 4.5), script.uniform(4, 22)
    angle *= min(1.0, 2.5 * period)
    end = script.t + seconds
    while script.t < end:
        p, a = period * script.uniform(0.9, 1.1), angle * script.uniform(0.8, 1.2)
        script.tap(a, 0.35 * p, script.uniform(0.0, 0.2) * p, 0.25 * p)
        script.wait(0.2 * p * script.uniform(0.5, 1.5))


def _bounce(script: Script, seconds: float) -> None:
    """Bounce on the ball, the heel in the air or just touching the floor."""
    if abs(script.now("pivot") - 0.18) > 1e-6:
        script.move(0.12, pivot=0.18)
    half, swing = 0.5 / script.uniform(3.0, 7.0), script.uniform(2, 8)
    touching = script.chance(0.4)
    mean = swing if touching else script.uniform(8, 25)
    script.move(0.3, pitch=mean)
    end, up = script.t + seconds, True
    while script.t < end:
        now = half * script.uniform(0.93, 1.07)
        reach = swing * script.uniform(0.8, 1.1) * (1.0 if up else -1.0)
        script.t += now
        script.knot(script.t, pitch=max(0.0, mean + reach))
        up = not up
    script.move(0.3, pitch=0.0)


def _slide(script: Script) -> None:
    """Slide the foot to another place, heel or toe dragging."""
    tilt = script.uniform(-12, 15)
    script.move(script.uniform(0.15, 0.4), pitch=tilt)
    script.move(
        script.uniform(0.3, 0.9),
        x=script.uniform(-0.15, 0.25),
        y=script.uniform(-0.1, 0.1),
        z=0.0 if script.chance(0.5) else 0.02,
        yaw=script.uniform(-20, 20),
    )
    script.move(script.uniform(0.15, 0.4), pitch=0.0, z=0.0)


def _tuck(script: Script) -> None:
    """Put the foot under the chair, heel up, and leave it there for a while."""
    script.move(script.uniform(0.4, 1.0), x=-0.3, pitch=script.uniform(25, 60))
    script.unrest(script.uniform(1, 20), 0.25, pitch=2.0, roll=2.0)
    if script.chance(0.3):
        script.unrest(script.uniform(1, 4), 0.1, pitch=40.0)
    script.move(script.uniform(0.4, 1.0), x=script.uniform(-0.1, 0.1), pitch=0.0)


def _circle(script: Script) -> None:
    """Lift the foot and circle it about the ankle."""
    script.move(0.6, z=0.12, pitch=15.0)
    turns, period = int(script.uniform(2, 8)), script.uniform(0.7, 1.6)
    for _ in range(turns):
        for pitch, roll in ((30.0, 0.0), (15.0, 18.0), (0.0, 0.0), (15.0, -18.0)):
            script.move(period / 4, pitch=pitch, roll=roll)
    script.move(0.6, z=0.0, pitch=0.0, roll=0.0)


def _dangle(script: Script, seconds: float) -> None:
    """Swing the hanging foot from the knee, or wag it from the ankle."""
    mean, half = script.now("pitch"), 0.5 / script.uniform(0.8, 2.5)
    size = script.uniform(4, 22) * min(1.0, 2 * half / 0.8)
    lever = script.uniform(0.0, 0.4) * np.radians(1)  # metres of swing per degree
    base, end, sign = script.now("x"), script.t + seconds, 1.0
    while script.t < end:
        script.t += half * script.uniform(0.93, 1.07)
        reach = sign * size * script.uniform(0.8, 1.1)
        script.knot(script.t, pitch=mean + reach, x=base - float(lever) * reach)
        sign = -sign
    script.move(half, pitch=mean, x=base)


def _handle(script: Script, seconds: float) -> None:
    """Hold the shoe in the hands and turn it about."""
    script.move(script.uniform(0.4, 1.0), z=script.uniform(0.2, 0.6), pitch=script.uniform(-60, 40))
    end = script.t + seconds
    while script.t < end:
        script.move(
            script.uniform(0.3, 1.2),
            pitch=script.uniform(-70, 50),
            roll=script.uniform(-60, 60),
            yaw=script.uniform(-60, 60),
            x=script.uniform(-0.15, 0.15),
        )
        script.unrest(script.uniform(0.1, 0.8), 0.1, pitch=15.0, roll=15.0, yaw=15.0)
