"""Strain in a clip's tongue when it is pushed over the thickest thing. Standard library only.

A straight cantilever of constant rectangular section, loaded at its end: the strain at the root's
surface is

    strain = 3 t y / (2 L^2)

with t the thickness, y the end's deflection, L the length. Source: any text on beams; in this form
(solved for y = 0.67 strain L^2 / t) in "Snap-Fit Joints for Plastics: a design guide" (Bayer, now
Covestro), which also says that a joint used again and again may use about 60 % of what a single
bend may.

Taking the tongue as straight and the plate and the bend as rigid gives more strain than there is:
the bend gives way too, and the tongue's ramp makes it longer.

The limit: printed PETG, load along the layers' plane, breaks at 44-56 MPa with a modulus of
2-3 GPa (ranges collected from many makers' data sheets; additive.tools, PETG, "FDM as-built XY").
The lowest strength over the middle modulus, 44 MPa / 2.5 GPa = 1.8 %, is taken as the strain that
the material bears once with no regard to its yielding further; 60 % of it, 1.06 %, again and again.
"""

SINGLE_USE_STRAIN = 44.0 / 2500.0
REPEATED_SHARE = 0.6
REPEATED_LIMIT = SINGLE_USE_STRAIN * REPEATED_SHARE
MODULUS_MPA = 2500.0


def root_strain(thickness_mm: float, deflection_mm: float, length_mm: float) -> float:
    """Strain (1 = 100 %) at the root of the tongue."""
    if length_mm <= 0:
        raise ValueError("the tongue's length must be above 0 mm")
    return 1.5 * thickness_mm * deflection_mm / length_mm**2


def tip_force_n(
    thickness_mm: float, deflection_mm: float, length_mm: float, width_mm: float
) -> float:
    """Force at the bump for that deflection, in N: E w t^3 y / (4 L^3)."""
    return MODULUS_MPA * width_mm * thickness_mm**3 * deflection_mm / (4 * length_mm**3)
