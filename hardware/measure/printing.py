"""Can a part be printed without supports? Sliced into small cubes, layer by layer.

A cube is carried if the layer below has one under it or right beside that (45 degrees). What is not
carried is a bridge if, along x or y, it hangs between two carried ends; else it sticks out freely.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

CUBE_MM = 0.2
BRIDGE_MM = 10.0  # PETG, fan on: usual advice of printer makers; longer ones sag
FREE_MM = 0.6  # a line and a half may stick out: it droops, it does not fall


@dataclass(frozen=True)
class Finding:
    """What a part's slicing showed. Lengths in mm, spots (x, y, z) on the bed."""

    longest_bridge_mm: float
    bridge_at: tuple[float, float, float]
    longest_free_mm: float
    free_at: tuple[float, float, float]
    free_area_mm2: float  # beyond FREE_MM

    @property
    def needs_supports(self) -> bool:
        """Whether something would be printed into the air."""
        return self.longest_bridge_mm > BRIDGE_MM or self.free_area_mm2 > 0.0


def cubes(triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cut a closed mesh into cubes. Returns bool (layers, rows y, columns x), and corner (x, y).

    Columns stand at cube centres, moved by a hair so that no ray runs along an edge; along each the
    inside is what has an odd number of faces above it.
    """
    low = triangles.min(axis=(0, 1)) - 2 * CUBE_MM
    high = triangles.max(axis=(0, 1)) + 2 * CUBE_MM
    nx, ny = np.ceil((high[:2] - low[:2]) / CUBE_MM).astype(int)
    nz = int(np.ceil(triangles[:, :, 2].max() / CUBE_MM))
    flips = np.zeros((nz + 1, ny, nx), dtype=bool)
    start = low[:2] + np.array([0.50137, 0.50071]) * CUBE_MM
    for a, b, c in triangles:
        area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])
        if abs(area) < 1e-12:
            continue
        corner = np.stack([a, b, c])
        i0, j0 = np.floor((corner[:, :2].min(axis=0) - start) / CUBE_MM).astype(int)
        i1, j1 = np.ceil((corner[:, :2].max(axis=0) - start) / CUBE_MM).astype(int) + 1
        i, j = np.arange(max(i0, 0), min(i1, nx)), np.arange(max(j0, 0), min(j1, ny))
        x = start[0] + i * CUBE_MM
        y = (start[1] + j * CUBE_MM)[:, None]
        u = ((b[0] - x) * (c[1] - y) - (c[0] - x) * (b[1] - y)) / area
        v = ((c[0] - x) * (a[1] - y) - (a[0] - x) * (c[1] - y)) / area
        t = 1 - u - v
        rows, columns = np.nonzero((u >= 0) & (v >= 0) & (t >= 0))
        if not len(rows):
            continue
        z = (u * a[2] + v * b[2] + t * c[2])[rows, columns]
        layer = np.clip(np.ceil(z / CUBE_MM - 0.5).astype(int), 0, nz)
        flips[layer, j[rows], i[columns]] ^= True
    inside = np.logical_xor.accumulate(flips[::-1], axis=0)[::-1]
    return inside[1:], low[:2]


def _runs(line: np.ndarray) -> list[tuple[int, int]]:
    """First and one-past-last index of each run of True."""
    edge = np.flatnonzero(np.diff(np.concatenate([[0], line.view(np.int8), [0]])))
    return list(zip(edge[::2].tolist(), edge[1::2].tolist(), strict=True))


def _bridged(hanging: np.ndarray, carried: np.ndarray) -> np.ndarray:
    """Span in cubes for hanging cubes that lie between two carried ones along x, else 0."""
    span = np.zeros(hanging.shape, dtype=int)
    for row in np.flatnonzero(hanging.any(axis=1)):
        for first, end in _runs(hanging[row]):
            if (
                first > 0
                and end < hanging.shape[1]
                and carried[row, first - 1]
                and carried[row, end]
            ):
                span[row, first:end] = end - first
    return span


def inspect(triangles: np.ndarray) -> Finding:
    """Slice a part that rests on z = 0 and look for bridges and free overhangs."""
    layers, corner = cubes(triangles)
    beside = np.ones((3, 3), dtype=bool)
    bridge, bridge_at, free, free_at, area = 0, (0.0, 0.0, 0.0), 0.0, (0.0, 0.0, 0.0), 0.0

    def spot(row: int, column: int, layer: int) -> tuple[float, float, float]:
        return (
            round(float(corner[0] + column * CUBE_MM), 1),
            round(float(corner[1] + row * CUBE_MM), 1),
            round(layer * CUBE_MM, 1),
        )

    for k in range(1, len(layers)):
        hanging = layers[k] & ~ndimage.binary_dilation(layers[k - 1], beside)
        if not hanging.any():
            continue
        carried = layers[k] & ~hanging
        along_x = _bridged(hanging, carried)
        along_y = _bridged(hanging.T.copy(), carried.T.copy()).T
        both = np.where(
            along_x == 0, along_y, np.where(along_y == 0, along_x, np.minimum(along_x, along_y))
        )
        if both.max() > bridge:
            bridge = int(both.max())
            row, column = np.unravel_index(int(np.argmax(both)), both.shape)
            bridge_at = spot(int(row), int(column), k)
        loose = hanging & (both == 0)
        if loose.any():
            away = ndimage.distance_transform_edt(~carried) * CUBE_MM
            reach = np.where(loose, away, 0.0)
            area += float((reach > FREE_MM).sum()) * CUBE_MM**2
            if reach.max() > free:
                free = float(reach.max())
                row, column = np.unravel_index(int(np.argmax(reach)), reach.shape)
                free_at = spot(int(row), int(column), k)
    return Finding(round(bridge * CUBE_MM, 2), bridge_at, round(free, 2), free_at, round(area, 2))
