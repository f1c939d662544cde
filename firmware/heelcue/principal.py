"""The direction about which something turns most, from sums of products of its rates."""

from heelcue.compat import const
from heelcue.integers import ONE, isqrt

_ROUNDS = const(8)  # of power iteration; a foot's rotation has one axis that stands out


def principal(c, gx, gy, gz, out):
    """Fill out[0:3] with the main horizontal axis, a unit vector of length ONE.

    c: sums of xx, xy, xz, yy, yz, zz of rates; (gx, gy, gz): up, about 128 long; out: where to
    begin, (0, 0, 0) if anywhere will do. Power iteration, the vertical taken out in each round.
    Returns how much of the horizontal rotation is about that axis, percent (0: there is none).
    """
    trace = c[0] + c[3] + c[5]
    k = 0
    while trace >> k > 20000:
        k += 1
    xx = c[0] >> k
    xy = c[1] >> k
    xz = c[2] >> k
    yy = c[3] >> k
    yz = c[4] >> k
    zz = c[5] >> k
    g2 = (gx * gx + gy * gy + gz * gz) >> 7
    up = (xx * gx + xy * gy + xz * gz) // g2 * gx
    up += (xy * gx + yy * gy + yz * gz) // g2 * gy
    up += (xz * gx + yz * gy + zz * gz) // g2 * gz
    horizontal = (trace >> k) - (up >> 7)
    x, y, z = out[0], out[1], out[2]
    if not (x or y or z):
        if abs(gx) < abs(gz):
            y, z = gz << 4, -gy << 4
        else:
            x, y = gy << 4, -gx << 4
    m = 0
    for _ in range(_ROUNDS):
        v = (x * gx + y * gy + z * gz) // g2
        x -= v * gx >> 7
        y -= v * gy >> 7
        z -= v * gz >> 7
        m = isqrt(x * x + y * y + z * z)
        if m < 16:
            return 0
        x = out[0] = x * ONE // m
        y = out[1] = y * ONE // m
        z = out[2] = z * ONE // m
        m = xx * x + xy * y + xz * z >> 12
        v = xy * x + yy * y + yz * z >> 12
        z = xz * x + yz * y + zz * z >> 12
        x = m
        y = v
    m = isqrt(x * x + y * y + z * z)
    return m * 100 // horizontal if horizontal > 0 else 0
