"""Triangle meshes: from a solid, to and from STL, closedness, volume, wall thickness.

All in mm. A mesh is an array of triangles, shape (n, 3, 3): triangle, corner, x/y/z; corners run
anticlockwise seen from outside.
"""

import struct
from collections import Counter
from pathlib import Path

import numpy as np

Triangles = np.ndarray
CHORD_MM = 0.02
ANGLE_RAD = 0.2


def of_solid(part: object, chord_mm: float = CHORD_MM, angle_rad: float = ANGLE_RAD) -> Triangles:
    """Tessellate a build123d shape; coordinates rounded to 1e-4 mm, as the STL holds them."""
    vertices, faces = part.tessellate(chord_mm, angle_rad)  # type: ignore[attr-defined]
    points = np.round(np.array([[v.X, v.Y, v.Z] for v in vertices]), 4) + 0.0
    triangles = points[np.array(faces)]
    edges = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    return triangles[np.linalg.norm(edges, axis=1) > 1e-9]


def write_stl(path: Path, triangles: Triangles, title: str) -> None:
    """Binary STL with a header of our own: nothing in it depends on the day or the machine."""
    normals = unit_normals(triangles).astype("<f4")
    with path.open("wb") as file:
        file.write(title.encode("ascii").ljust(80, b" ")[:80])
        file.write(struct.pack("<I", len(triangles)))
        record = np.zeros(
            len(triangles), dtype=[("n", "<f4", 3), ("v", "<f4", (3, 3)), ("a", "<u2")]
        )
        record["n"] = np.round(normals, 5) + 0.0
        record["v"] = triangles
        file.write(record.tobytes())


def read_stl(path: Path) -> Triangles:
    """Read a binary STL. Raises ValueError if it is not one."""
    data = path.read_bytes()
    if len(data) < 84 or len(data) != 84 + 50 * struct.unpack_from("<I", data, 80)[0]:
        raise ValueError(f"{path}: not a binary STL; make it again with: make hardware")
    record = np.frombuffer(
        data, dtype=[("n", "<f4", 3), ("v", "<f4", (3, 3)), ("a", "<u2")], offset=84
    )
    return np.round(record["v"].astype(float), 4)


def unit_normals(triangles: Triangles) -> np.ndarray:
    """Outward unit normals, shape (n, 3)."""
    cross = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    return cross / np.maximum(np.linalg.norm(cross, axis=1, keepdims=True), 1e-12)


def open_edges(triangles: Triangles) -> int:
    """How many edges are not shared by exactly two triangles in opposite sense: 0 is watertight."""
    keys = np.round(triangles * 1e4).astype(np.int64)
    count: Counter[tuple[tuple[int, ...], tuple[int, ...]]] = Counter()
    for a, b, c in keys.tolist():
        for p, q in ((a, b), (b, c), (c, a)):
            count[(tuple(p), tuple(q))] += 1
    return sum(n != 1 or count.get((q, p), 0) != 1 for (p, q), n in count.items())


def volume_mm3(triangles: Triangles) -> float:
    """Enclosed volume by the divergence theorem; negative if inside out."""
    return float(
        np.einsum("ij,ij->i", triangles[:, 0], np.cross(triangles[:, 1], triangles[:, 2])).sum() / 6
    )


def sample(triangles: Triangles, per_mm2: float) -> tuple[np.ndarray, np.ndarray]:
    """Points spread evenly over the surface, and the outward normal at each.

    Deterministic: one point at each triangle's centre, more on large ones from the R2 sequence
    (Roberts 2018, a low-discrepancy sequence built on the plastic number).
    """
    normals = unit_normals(triangles)
    edges = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    more = (np.linalg.norm(edges, axis=1) / 2 * per_mm2).astype(int)
    index = np.repeat(np.arange(len(triangles)), more)
    k = np.arange(len(index))
    plastic = 1.32471795724474602596
    u = (0.5 + k / plastic) % 1.0
    v = (0.5 + k / plastic**2) % 1.0
    fold = u + v > 1
    u, v = np.where(fold, 1 - u, u), np.where(fold, 1 - v, v)
    corner = triangles[index]
    spread = (
        corner[:, 0] * (1 - u - v)[:, None] + corner[:, 1] * u[:, None] + corner[:, 2] * v[:, None]
    )
    return (
        np.concatenate([triangles.mean(axis=1), spread]),
        np.concatenate([normals, normals[index]]),
    )


def _first_hit(origin: np.ndarray, way: np.ndarray, triangles: Triangles) -> tuple[float, int]:
    """Distance and index of the first triangle on a ray (Moeller-Trumbore); inf, -1 if none."""
    e1 = triangles[:, 1] - triangles[:, 0]
    e2 = triangles[:, 2] - triangles[:, 0]
    p = np.cross(way, e2)
    det = np.einsum("ij,ij->i", e1, p)
    ok = np.abs(det) > 1e-12
    inverse = np.where(ok, 1.0 / np.where(ok, det, 1.0), 0.0)
    s = origin - triangles[:, 0]
    u = np.einsum("ij,ij->i", s, p) * inverse
    q = np.cross(s, e1)
    v = (q @ way) * inverse
    t = np.einsum("ij,ij->i", e2, q) * inverse
    hit = ok & (u >= -1e-9) & (v >= -1e-9) & (u + v <= 1 + 1e-9) & (t > 1e-4)
    if not hit.any():
        return np.inf, -1
    t = np.where(hit, t, np.inf)
    index = int(np.argmin(t))
    return float(t[index]), index


def walls(triangles: Triangles, per_mm2: float = 0.7) -> tuple[np.ndarray, np.ndarray]:
    """Wall thickness: from points on the surface straight in, to the opposite face.

    Returns points (k, 3) and thicknesses (k,). Only where the ray leaves through a face that looks
    the opposite way within 25 degrees: the wedge next to a corner or a chamfer is no wall.
    """
    points, outward = sample(triangles, per_mm2)
    normals = unit_normals(triangles)
    low, high = triangles.min(axis=1), triangles.max(axis=1)
    thick = np.full(len(points), np.inf)
    for k, (point, normal) in enumerate(zip(points, outward, strict=True)):
        near = ((low <= point + 4) & (high >= point - 4)).all(axis=1)  # walls are far below 4 mm
        chosen = np.flatnonzero(near)
        distance, index = _first_hit(point - normal * 1e-5, -normal, triangles[chosen])
        if index >= 0 and normals[chosen[index]] @ normal < -0.9:
            thick[k] = distance
    found = np.isfinite(thick)
    return points[found], thick[found]
