"""Foot kinematics of kinds of gait, and how people and strides differ within a kind.

Shapes: foot pitch over the stride from Mariani et al. 2010 (J Biomech 43:2999), foot rockers from
Perry and Burnfield (Gait Analysis, 2010), toe clearance from Winter 1992 (Phys Ther 72:45), stride
time variability from Hausdorff 2007 (Hum Mov Sci 26:555), toe walking from Chalmers et al. 2014
(Gait Posture 39:485), running from Novacheck 1998 (Gait Posture 7:77), stairs from Riener et al.
2002 (Gait Posture 15:32), hemiparetic gait from Olney and Richards 1996 (Gait Posture 4:136).
Levels were then set by hand so that the spread of peak rates, durations and stance residuals is
that of the labelled recordings (see README.md here).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class FootKinematics:
    """One person's foot on one kind of ground; angles heel-up positive, times in seconds.

    stride_s, stride_m: time and length of a steady stride; rise_m: height gained per stride.
    swing_share: toe-off to initial contact over stride time. push_off_s: heel-off to the peak.
    push_off_peak_dps. rise_exponent: 1 is a straight rise of the rate, 3 a late burst.
    lift_off_s: peak to the turn of the foot (rate zero). landing_deg: pitch at initial contact,
    negative toes up. slap_s: initial contact to foot-flat. ring: overshoot after the slap, over the
    slap's peak. slow_roll_s: part of the push-off time spent at 20-50 deg/s before the real rise.
    creep_dps: heel-up rate just before heel-off. flat_deg: pitch at foot-flat.
    two_stage, dip, wobble: share of strides whose heel rises in two stages; in two stages with a
    dip below 20 deg/s; whose heel lifts and comes down again within stance. residual_dps: rms of
    the pitch rate of a foot that is never still. roll_dps, yaw_dps: size of the rates about the
    other axes in swing. impact_mps: speed of the heel at initial contact. clearance_m.
    toe_out_deg. cv: stride-to-stride coefficient of variation. spread: how much people of
    this kind differ, over `_BETWEEN`.
    """

    stride_s: float = 1.12
    stride_m: float = 1.35
    rise_m: float = 0.0
    swing_share: float = 0.385
    push_off_s: float = 0.215
    push_off_peak_dps: float = 560.0
    rise_exponent: float = 1.5
    lift_off_s: float = 0.08
    landing_deg: float = -24.0
    slap_s: float = 0.13
    ring: float = 0.18
    slow_roll_s: float = 0.0
    creep_dps: float = 6.0
    flat_deg: float = 0.0
    two_stage: float = 0.05
    dip: float = 0.0
    wobble: float = 0.02
    residual_dps: float = 2.0
    roll_dps: float = 85.0
    yaw_dps: float = 75.0
    impact_mps: float = 0.55
    clearance_m: float = 0.035
    toe_out_deg: float = 7.0
    cv: float = 0.03
    spread: float = 0.9


HEALTHY = FootKinematics()
_KINDS = (
    "orthopaedic",
    "neurological",
    "hemiparetic",
    "hemiparetic_sound",  # the other foot of such a walk: a short, quick swing
    "shuffle",
    "toe_walking",
    "running",
    "stairs_up",
    "stairs_down",
)
# Each figure of FootKinematics for each of these kinds
_FIGURES = {
    #                     ortho.  neuro.  hemip.  sound  shuffle    toe    run     up   down
    "stride_s":          (  1.28,   1.19,    2.0,   2.0,    1.15,  1.05,  0.72,  1.35,   1.2),
    "stride_m":          (   1.0,   0.95,    0.7,   0.7,    0.45,  0.95,   2.0,  0.58,   0.6),
    "rise_m":            (   0.0,    0.0,    0.0,   0.0,     0.0,   0.0,   0.0,  0.34, -0.34),
    "swing_share":       (  0.36,   0.37,   0.28,   0.2,     0.3, 0.385,  0.64,  0.38,   0.4),
    "push_off_s":        (   0.2,   0.18,   0.19,  0.27,    0.15, 0.215,  0.12,   0.2,  0.24),
    "push_off_peak_dps": ( 345.0,  430.0,  150.0, 290.0,    85.0, 330.0, 800.0, 250.0, 210.0),
    "rise_exponent":     (   1.5,    1.5,    1.2,   1.5,     1.2,   1.5,   1.2,   1.5,   1.3),
    "lift_off_s":        (  0.08,   0.08,   0.09,  0.08,    0.06,  0.08,  0.11,  0.09,  0.07),
    "landing_deg":       ( -17.0,  -17.0,  -12.0, -12.0,    -1.5,   8.0, -12.0,  -4.0,  14.0),
    "slap_s":            (  0.16,   0.15,   0.15,  0.13,     0.1,  0.16,  0.06,  0.13,  0.13),
    "ring":              (  0.18,   0.22,    0.2,  0.18,     0.4,  0.18,  0.18,  0.18,  0.18),
    "slow_roll_s":       (  0.04,   0.02,    0.0,  0.06,     0.0,   0.0,   0.0,   0.0,  0.04),
    "creep_dps":         (   5.0,    5.0,    6.0,   6.0,     6.0,   6.0,  12.0,   6.0,   6.0),
    "flat_deg":          (   0.0,    0.0,    0.0,   0.0,     0.0,   4.0,   0.0,   0.0,   0.0),
    "two_stage":         (  0.12,   0.12,   0.15,   0.1,    0.05,  0.05,   0.0,  0.12,  0.05),
    "dip":               (  0.03,   0.05,   0.06,  0.03,     0.0,   0.0,   0.0,   0.0,   0.0),
    "wobble":            (  0.04,   0.07,   0.06,  0.02,    0.02,  0.08,   0.0,  0.02,  0.02),
    "residual_dps":      (   2.0,    2.5,    1.8,   2.0,     3.0,   5.0,   2.0,   2.0,   2.0),
    "roll_dps":          (  80.0,   82.0,  115.0,  85.0,    25.0,  85.0, 160.0,  85.0,  85.0),
    "yaw_dps":           (  70.0,   72.0,  105.0,  75.0,    25.0,  75.0, 120.0,  75.0,  75.0),
    "impact_mps":        (  0.38,   0.16,   0.22,   0.3,    0.15,   0.3,   1.2,  0.25,   0.5),
    "clearance_m":       ( 0.035,  0.035,   0.03, 0.035,   0.012, 0.035,  0.16,  0.06,  0.03),
    "toe_out_deg":       (   7.0,    7.0,   14.0,   7.0,     7.0,   7.0,   7.0,   7.0,   7.0),
    "cv":                (  0.05,   0.07,   0.05,  0.05,    0.08,  0.05, 0.025,  0.05,  0.05),
    "spread":            (   1.6,    1.4,    0.9,   0.9,     0.9,   0.9,   0.9,   0.9,   0.9),
}  # fmt: skip
PRESETS: dict[str, FootKinematics] = {
    "healthy": HEALTHY,
    **{
        kind: FootKinematics(**{figure: row[k] for figure, row in _FIGURES.items()})
        for k, kind in enumerate(_KINDS)
    },
}

# How people of one kind differ: standard deviation of the logarithm of each figure
_BETWEEN = {
    "stride_s": 0.08,
    "stride_m": 0.12,
    "swing_share": 0.05,
    "push_off_s": 0.24,
    "push_off_peak_dps": 0.17,
    "rise_exponent": 0.15,
    "lift_off_s": 0.12,
    "landing_deg": 0.22,
    "slap_s": 0.15,
    "ring": 0.3,
    "creep_dps": 0.4,
    "residual_dps": 0.5,
    "roll_dps": 0.3,
    "yaw_dps": 0.3,
    "impact_mps": 0.35,
    "clearance_m": 0.2,
    "toe_out_deg": 0.4,
}


def preset(name: str) -> FootKinematics:
    """Return the preset of that name; ValueError lists the names."""
    try:
        return PRESETS[name]
    except KeyError:
        raise ValueError(f"no preset {name!r}; there are {', '.join(PRESETS)}") from None


def person(kind: FootKinematics, rng: np.random.Generator, spread: float = 1.0) -> FootKinematics:
    """Draw one person of that kind; spread 0 returns the preset itself."""
    changes = {
        key: getattr(kind, key)
        * float(np.exp(spread * kind.spread * sd * np.clip(rng.normal(), -2.2, 2.2)))
        for key, sd in _BETWEEN.items()
    }
    changes["slow_roll_s"] = kind.slow_roll_s * float(
        rng.uniform(1 - 0.5 * spread, 1 + 0.5 * spread)
    )
    drawn = replace(kind, **changes)
    # People who push off longer turn the foot more slowly: how far it tips differs less
    tip = tip_deg(drawn) / tip_deg(kind)
    even = float(np.sqrt(np.clip(tip, 0.78, 1.22) / tip))
    return replace(
        drawn,
        push_off_s=drawn.push_off_s * even,
        push_off_peak_dps=drawn.push_off_peak_dps * even,
    )


def tip_deg(foot: FootKinematics) -> float:
    """Return roughly how far the foot tips heel-up by the turn after toe-off, in degrees."""
    rise_s = foot.push_off_s / (foot.rise_exponent + 1)
    return foot.push_off_peak_dps * (rise_s + 0.6 * foot.lift_off_s)
