"""The clips bend within what printed PETG bears again and again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.enclosure.dimensions import BELT_CLIP, DIMENSIONS, LACE_CLIP
from hardware.measure.strain import MODULUS_MPA, REPEATED_LIMIT, root_strain, tip_force_n


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
    assert 3.0 <= tip_force_n(d.tongue, y, clip.length, d.clip_width) <= 15.0


@pytest.mark.parametrize("clip", [LACE_CLIP, BELT_CLIP], ids=lambda c: c.name)
def test_a_tongue_2_mm_thicker_or_half_as_long_is_refused(clip) -> None:
    y = clip.deflection(DIMENSIONS)
    thick = root_strain(DIMENSIONS.tongue + 2.6, y, clip.length)
    short = root_strain(DIMENSIONS.tongue, y, clip.length / 2)
    assert short > REPEATED_LIMIT
    assert thick > 1.9 * root_strain(DIMENSIONS.tongue, y, clip.length)


def test_no_length_is_an_error() -> None:
    with pytest.raises(ValueError, match="above 0"):
        root_strain(2.0, 1.0, 0.0)
