"""Strain in a clip's tongue pushed over the thickest thing; the tray's stiffness. Needs nothing.

A straight cantilever of constant rectangular section, loaded at its end: the strain at the root's
surface is

    strain = 3 t y / (2 L^2)

with t the thickness, y the end's deflection, L the length. Source: any text on beams; in this form
(solved for y = 0.67 strain L^2 / t) in "Snap-Fit Joints for Plastics: a design guide" (Bayer, now
Covestro), which also says that a joint used again and again may use about 60 % of what a single
bend may.

Taking the tongue as straight and the plate and the bend as rigid gives more force than there is:
the bend gives way too, and the tongue's ramp makes it longer.

The bend itself is a curved beam: its inner side is strained more than a straight one by the factor
of the Winkler-Bach theory (e.g. Roark's Formulas for Stress and Strain, chapter on curved beams),

    K = h (r_n - r_i) / (6 e r_i),   r_n = h / ln(r_o / r_i),   e = (r_i + r_o) / 2 - r_n

with h the thickness, r_i and r_o the inner and outer radius; and it stands further from the load.
The larger of the two strains is held against the limit.

The limit: printed PETG, load along the layers' plane, breaks at 44-56 MPa with a modulus of
2-3 GPa (ranges collected from many makers' data sheets; additive.tools, PETG, "FDM as-built XY").
The lowest strength over the middle modulus, 44 MPa / 2.5 GPa = 1.8 %, is taken as the strain that
the material bears once with no regard to its yielding further; 60 % of it, 1.06 %, again and again.
"""

import math

SINGLE_USE_STRAIN = 44.0 / 2500.0
REPEATED_SHARE = 0.6
REPEATED_LIMIT = SINGLE_USE_STRAIN * REPEATED_SHARE
MODULUS_MPA = 2500.0


def root_strain(thickness_mm: float, deflection_mm: float, length_mm: float) -> float:
    """Strain (1 = 100 %) at the root of the tongue."""
    if length_mm <= 0:
        raise ValueError("the tongue's length must be above 0 mm")
    return 1.5 * thickness_mm * deflection_mm / length_mm**2


def curved_factor(thickness_mm: float, inner_radius_mm: float) -> float:
    """How much more the inner side of a bend is strained than a straight tongue (Winkler-Bach)."""
    h, inner = thickness_mm, inner_radius_mm
    neutral = h / math.log((inner + h) / inner)
    eccentric = inner + h / 2 - neutral
    return h * (neutral - inner) / (6 * eccentric * inner)


def bend_strain(
    thickness_mm: float, deflection_mm: float, length_mm: float, inner_radius_mm: float
) -> float:
    """Strain (1 = 100 %) at the inner side of the bend, at its point farthest from the bump."""
    arm = (length_mm + inner_radius_mm + thickness_mm / 2) / length_mm
    straight = root_strain(thickness_mm, deflection_mm, length_mm)
    return straight * arm * curved_factor(thickness_mm, inner_radius_mm)


def tip_force_n(
    thickness_mm: float, deflection_mm: float, length_mm: float, width_mm: float
) -> float:
    """Force at the bump for that deflection, in N: E w t^3 y / (4 L^3)."""
    return MODULUS_MPA * width_mm * thickness_mm**3 * deflection_mm / (4 * length_mm**3)


def beam_resonance_hz(
    span_mm: float, width_mm: float, thickness_mm: float, load_g: float, own_g: float
) -> float:
    """Lowest resonance of a strip held up at both ends with a load in its middle, in Hz.

    Stiffness 48 E I / span^3, I = width thickness^3 / 12; of its own mass 17/35 counts (Rayleigh).
    """
    stiffness_n_mm = 48 * MODULUS_MPA * width_mm * thickness_mm**3 / 12 / span_mm**3
    mass_kg = (load_g + own_g * 17 / 35) / 1000
    return (stiffness_n_mm * 1000 / mass_kg) ** 0.5 / (2 * math.pi)
