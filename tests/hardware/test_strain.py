"""The clips bend within what printed PETG bears again and again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.bill import load_bill
from hardware.enclosure.dimensions import BELT_CLIP, DIMENSIONS, LACE_CLIP
from hardware.measure.strain import (
    MODULUS_MPA,
    REPEATED_LIMIT,
    beam_resonance_hz,
    bend_strain,
    curved_factor,
    root_strain,
    tip_force_n,
)


@given(
    t=st.floats(1.0, 4.0), y=st.floats(0.1, 6.0), length=st.floats(20.0, 80.0), w=st.floats(5, 40)
)
def test_formulas_against_a_beam_integrated_step_by_step(
    t: float, y: float, length: float, w: float
) -> None:
    """Bend a beam under the force that the formula gives: it must move by y, strained as told."""
    force = tip_force_n(t, y, length, w)
    x = np.linspace(0, length, 4001)
    curvature = force * (length - x) / (MODULUS_MPA * w * t**3 / 12)
    step = x[1]
    slope = np.concatenate([[0], np.cumsum((curvature[1:] + curvature[:-1]) / 2 * step)])
    deflection = ((slope[1:] + slope[:-1]) / 2 * step).sum()
    assert deflection == pytest.approx(y, rel=1e-3)
    assert curvature[0] * t / 2 == pytest.approx(root_strain(t, y, length), rel=1e-9)


@pytest.mark.parametrize("clip", [LACE_CLIP, BELT_CLIP], ids=lambda c: c.name)
def test_clips_stay_below_the_limit(clip) -> None:
    d = DIMENSIONS
    y = clip.deflection(d)
    assert y > 1.0, "a clip that need not open holds nothing"
    assert root_strain(d.tongue, y, clip.length) < REPEATED_LIMIT
    assert bend_strain(d.tongue, y, clip.length, clip.root_gap / 2) < REPEATED_LIMIT
    assert 3.0 <= tip_force_n(d.tongue, y, clip.length, d.clip_width) <= 15.0


@pytest.mark.parametrize("clip", [LACE_CLIP, BELT_CLIP], ids=lambda c: c.name)
def test_a_thicker_shorter_or_sharper_tongue_is_refused(clip) -> None:
    t, y, radius = DIMENSIONS.tongue, clip.deflection(DIMENSIONS), clip.root_gap / 2
    assert bend_strain(t + 2.0, y, clip.length, radius) > REPEATED_LIMIT
    assert bend_strain(t, y, 0.7 * clip.length, radius) > REPEATED_LIMIT
    assert bend_strain(t, y + 2.0, clip.length, radius) > REPEATED_LIMIT
    assert bend_strain(t, y, clip.length, radius / 4) > REPEATED_LIMIT


def test_curved_factor_by_summing_up_the_section() -> None:
    """Winkler-Bach from its own premise: strain goes as (r - r_n) / r, moments in balance."""
    h, inner = 2.6, 1.8
    r = np.linspace(inner, inner + h, 200_001)
    middle = (r[1:] + r[:-1]) / 2
    width = h / 200_000
    neutral = h / (width / middle).sum()  # no net force: sum of (r - r_n) / r is 0
    stress = (middle - neutral) / middle
    moment = (stress * middle).sum() * width
    inner_stress = (neutral - inner) / inner
    assert inner_stress / (6 * moment / h**2) == pytest.approx(curved_factor(h, inner), rel=1e-6)
    assert curved_factor(h, 1e3) == pytest.approx(1.0, abs=1e-2)


def test_no_length_is_an_error() -> None:
    with pytest.raises(ValueError, match="above 0"):
        root_strain(2.0, 1.0, 0.0)


def test_the_tray_carries_the_imu_stiffly() -> None:
    """Its resonance must lie well above half the sampling rate (208 Hz), or steps would ring."""
    d, items = DIMENSIONS, load_bill()
    span = d.divider_x + d.fence / 2 - d.ledge / 2
    load = (items["U1"].mass_g or 0) / 2 + (items["U2"].mass_g or 0)
    own = span * d.inner_width * d.tray * 1.27e-3
    got = beam_resonance_hz(span, d.inner_width - 2 * d.clearance, d.tray, load, own)
    assert got > 1.5 * 104
    thinner = beam_resonance_hz(span, d.inner_width, 0.7 * d.tray, load, own)
    assert thinner < 1.5 * 104


def test_resonance_of_a_known_beam() -> None:
    """10 N/mm under 10 g swings at 159 Hz."""
    thickness = (10 * 50**3 * 12 / (48 * MODULUS_MPA * 20)) ** (1 / 3)
    assert beam_resonance_hz(50, 20, thickness, 10, 0) == pytest.approx(159.15, rel=1e-3)
