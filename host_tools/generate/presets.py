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
PRESETS: dict[str, FootKinematics] = {
    "healthy": HEALTHY,
    "orthopaedic": replace(
        HEALTHY,
        stride_s=1.28,
        stride_m=1.0,
        swing_share=0.36,
        push_off_s=0.20,
        push_off_peak_dps=345.0,
        landing_deg=-17.0,
        impact_mps=0.38,
        slow_roll_s=0.04,
        creep_dps=5.0,
        two_stage=0.12,
        dip=0.03,
        wobble=0.04,
        residual_dps=2.0,
        roll_dps=80.0,
        yaw_dps=70.0,
        cv=0.05,
        spread=1.6,
        slap_s=0.16,
    ),
    "neurological": replace(
        HEALTHY,
        stride_s=1.19,
        stride_m=0.95,
        swing_share=0.37,
        push_off_s=0.18,
        push_off_peak_dps=430.0,
        landing_deg=-17.0,
        impact_mps=0.16,
        slow_roll_s=0.02,
        two_stage=0.12,
        dip=0.05,
        wobble=0.07,
        residual_dps=2.5,
        ring=0.22,
        cv=0.07,
        creep_dps=5.0,
        roll_dps=82.0,
        yaw_dps=72.0,
        spread=1.4,
        slap_s=0.15,
    ),
    "hemiparetic": replace(
        HEALTHY,
        stride_s=2.0,
        stride_m=0.7,
        swing_share=0.28,
        push_off_s=0.19,
        push_off_peak_dps=150.0,
        rise_exponent=1.2,
        lift_off_s=0.09,
        landing_deg=-12.0,
        slap_s=0.15,
        ring=0.2,
        impact_mps=0.22,
        two_stage=0.15,
        dip=0.06,
        wobble=0.06,
        residual_dps=1.8,
        roll_dps=115.0,
        yaw_dps=105.0,
        clearance_m=0.03,
        toe_out_deg=14.0,
        cv=0.05,
    ),
    "hemiparetic_sound": replace(  # the other foot of such a walk: a short, quick swing
        HEALTHY,
        stride_s=2.0,
        stride_m=0.7,
        swing_share=0.2,
        push_off_s=0.27,
        push_off_peak_dps=290.0,
        landing_deg=-12.0,
        impact_mps=0.3,
        slow_roll_s=0.06,
        two_stage=0.1,
        dip=0.03,
        cv=0.05,
    ),
    "shuffle": replace(
        HEALTHY,
        stride_s=1.15,
        stride_m=0.45,
        swing_share=0.30,
        push_off_s=0.15,
        push_off_peak_dps=85.0,
        rise_exponent=1.2,
        lift_off_s=0.06,
        landing_deg=-1.5,
        slap_s=0.10,
        ring=0.4,
        impact_mps=0.15,
        residual_dps=3.0,
        roll_dps=25.0,
        yaw_dps=25.0,
        clearance_m=0.012,
        two_stage=0.05,
        cv=0.08,
    ),
    "toe_walking": replace(
        HEALTHY,
        stride_s=1.05,
        stride_m=0.95,
        landing_deg=8.0,
        flat_deg=4.0,
        push_off_peak_dps=330.0,
        slap_s=0.16,
        wobble=0.08,
        residual_dps=5.0,
        impact_mps=0.3,
        cv=0.05,
    ),
    "running": replace(
        HEALTHY,
        stride_s=0.72,
        stride_m=2.0,
        swing_share=0.64,
        push_off_s=0.12,
        push_off_peak_dps=800.0,
        rise_exponent=1.2,
        lift_off_s=0.11,
        landing_deg=-12.0,
        slap_s=0.06,
        creep_dps=12.0,
        roll_dps=160.0,
        yaw_dps=120.0,
        impact_mps=1.2,
        clearance_m=0.16,
        two_stage=0.0,
        wobble=0.0,
        cv=0.025,
    ),
    "stairs_up": replace(
        HEALTHY,
        stride_s=1.35,
        stride_m=0.58,
        rise_m=0.34,
        swing_share=0.38,
        push_off_s=0.20,
        push_off_peak_dps=250.0,
        lift_off_s=0.09,
        landing_deg=-4.0,
        impact_mps=0.25,
        clearance_m=0.06,
        two_stage=0.12,
        cv=0.05,
    ),
    "stairs_down": replace(
        HEALTHY,
        stride_s=1.20,
        stride_m=0.60,
        rise_m=-0.34,
        swing_share=0.40,
        push_off_s=0.24,
        push_off_peak_dps=210.0,
        rise_exponent=1.3,
        slow_roll_s=0.04,
        lift_off_s=0.07,
        landing_deg=14.0,
        slap_s=0.13,
        impact_mps=0.5,
        clearance_m=0.03,
        cv=0.05,
    ),
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
