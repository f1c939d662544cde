"""A small software renderer: meshes to a shaded line drawing, without display or graphics card.

Orthographic camera, depth buffer, three soft lights, dark lines where the part, the depth or the
direction of the surface jumps. Lengths in mm until projected; pixels count from the upper left
corner.

The same input must give the same bytes on every processor. NumPy's sines, matrix products and sums
differ in the last digit with the processor's vector units, so whatever comes from them is rounded
before anything is decided by it; all else is plain products and sums, element by element.
"""

from dataclasses import dataclass

import numpy as np

LINE = np.array([34, 38, 44], dtype=float)
PAPER = 255.0


def turned(points: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Coordinates of points (..., 3) along three axes (rows), rounded to 1e-9."""
    p = np.asarray(points, dtype=float).reshape(-1, 3)
    seen = [p[:, 0] * a[0] + p[:, 1] * a[1] + p[:, 2] * a[2] for a in axes]
    return np.round(np.stack(seen, axis=1), 9) + 0.0


@dataclass(frozen=True)
class Thing:
    """A mesh to draw: triangles (n, 3, 3) in mm, colour 0-255, and an id for outlines."""

    triangles: np.ndarray
    colour: tuple[int, int, int]
    name: str = ""


@dataclass(frozen=True)
class Camera:
    """Orthographic view. Azimuth turns about z from +x, elevation lifts the eye; degrees."""

    azimuth_deg: float
    elevation_deg: float

    def axes(self) -> np.ndarray:
        """Rows: right, up, towards the eye; unit vectors in the device's frame."""
        a, e = np.radians(self.azimuth_deg), np.radians(self.elevation_deg)
        towards = np.array([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)])
        right = np.array([-np.sin(a), np.cos(a), 0.0])
        return np.round(np.stack([right, np.cross(towards, right), towards]), 12)


@dataclass(frozen=True)
class View:
    """Camera fitted to a picture: scale in pixels per mm, offset in pixels."""

    camera: Camera
    scale: float
    offset: np.ndarray
    width: int
    height: int

    def project(self, points: np.ndarray) -> np.ndarray:
        """mm (k, 3) -> pixels right, pixels down, mm towards the eye."""
        seen = turned(points, self.camera.axes())
        return np.stack(
            [
                seen[:, 0] * self.scale + self.offset[0],
                -seen[:, 1] * self.scale + self.offset[1],
                seen[:, 2],
            ],
            axis=1,
        )


def fit(
    things: list[Thing], camera: Camera, width: int, margins: tuple[int, int, int], tallest: int
) -> View:
    """View in which everything fits: `width` wide, margins (sides, top, bottom) free, in pixels.

    The height follows from the drawing, up to `tallest`.
    """
    points = turned(np.concatenate([t.triangles.reshape(-1, 3) for t in things]), camera.axes())
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    side, top, bottom = margins
    wide, tall = high - low
    scale = min((width - 2 * side) / wide, (tallest - top - bottom) / tall)
    height = int(np.ceil(tall * scale)) + top + bottom
    middle = (low + high) / 2
    offset = np.array([width / 2 - middle[0] * scale, top + high[1] * scale])
    return View(camera, float(scale), offset, width, height)


def _fill(view: View, things: list[Thing], over: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Depth, normal and thing index of every (oversampled) pixel."""
    w, h = view.width * over, view.height * over
    depth = np.full((h, w), -np.inf)
    normal = np.zeros((h, w, 3))
    owner = np.full((h, w), -1, dtype=np.int32)
    axes = view.camera.axes()
    for index, thing in enumerate(things):
        tri = thing.triangles
        n = np.cross(tri[:, 1] - tri[:, 0], tri[:, 2] - tri[:, 0])
        length = np.sqrt(n[:, 0] ** 2 + n[:, 1] ** 2 + n[:, 2] ** 2)
        n = np.round(turned(n / np.maximum(length, 1e-12)[:, None], axes), 6)
        seen = n[:, 2] > 1e-6
        flat = view.project(tri[seen].reshape(-1, 3)).reshape(-1, 3, 3)
        flat[:, :, :2] *= over
        for corner, direction in zip(flat, n[seen], strict=True):
            x0 = max(int(np.floor(corner[:, 0].min())), 0)
            x1 = min(int(np.ceil(corner[:, 0].max())) + 1, w)
            y0 = max(int(np.floor(corner[:, 1].min())), 0)
            y1 = min(int(np.ceil(corner[:, 1].max())) + 1, h)
            if x0 >= x1 or y0 >= y1:
                continue
            (ax, ay, az), (bx, by, bz), (cx, cy, cz) = corner
            area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
            if abs(area) < 1e-9:
                continue
            px = np.arange(x0, x1) + 0.5
            py = (np.arange(y0, y1) + 0.5)[:, None]
            u = ((bx - px) * (cy - py) - (cx - px) * (by - py)) / area
            v = ((cx - px) * (ay - py) - (ax - px) * (cy - py)) / area
            t = 1 - u - v
            z = u * az + v * bz + t * cz
            window = depth[y0:y1, x0:x1]
            hit = (u >= -1e-6) & (v >= -1e-6) & (t >= -1e-6) & (z > window + 1e-7)
            if hit.any():
                window[hit] = z[hit]
                normal[y0:y1, x0:x1][hit] = direction
                owner[y0:y1, x0:x1][hit] = index
    return depth, normal, owner


def draw(view: View, things: list[Thing], over: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Draw `over` times finer and average down.

    Returns the picture, uint8 (height, width, 3), and which thing each pixel shows, -1 for none.
    """
    depth, normal, owner = _fill(view, things, over)
    colours = np.array([t.colour for t in things] + [(255, 255, 255)], dtype=float)
    picture = colours[owner]
    lights = ((-0.35, 0.55, 0.75), 0.62), ((0.8, 0.25, 0.55), 0.25), ((0.0, -0.4, 0.9), 0.12)
    shade = np.full(owner.shape, 0.22)
    for direction, strength in lights:
        x, y, z = direction
        facing = normal[:, :, 0] * x + normal[:, :, 1] * y + normal[:, :, 2] * z
        shade += strength * np.clip(facing / (x * x + y * y + z * z) ** 0.5, 0, 1)
    shade = np.round(shade, 6)
    covered = owner >= 0
    picture[covered] *= np.clip(shade[covered], 0, 1.08)[:, None]
    picture[covered] = np.clip(picture[covered] + 26 * shade[covered][:, None], 0, 255)
    # lines
    line = np.zeros(owner.shape, dtype=bool)
    jump = 0.9  # mm
    finite = np.where(covered, depth, -1e6)
    for axis in (0, 1):
        a = [slice(None), slice(None)]
        b = [slice(None), slice(None)]
        a[axis], b[axis] = slice(None, -1), slice(1, None)
        a_, b_ = tuple(a), tuple(b)
        both = normal[a_] * normal[b_]
        crease = both[:, :, 0] + both[:, :, 1] + both[:, :, 2] < 0.82
        edge = (owner[a_] != owner[b_]) | crease | (np.abs(finite[a_] - finite[b_]) > jump)
        edge &= covered[a_] | covered[b_]
        line[a_] |= edge
        line[b_] |= edge
    picture[line] = LINE
    h, w = view.height, view.width
    whole = np.round(picture).astype(np.int64).reshape(h, over, w, over, 3).sum(axis=(1, 3))
    return (whole // over**2).astype(np.uint8), owner[::over, ::over]


def visible(owner: np.ndarray, things: list[Thing], name: str) -> np.ndarray:
    """Pixels (k, 2), right and down, where a thing can be seen; none if it is hidden."""
    wanted = [i for i, t in enumerate(things) if t.name == name]
    rows, columns = np.nonzero(np.isin(owner, wanted))
    return np.stack([columns, rows], axis=1).astype(float)
