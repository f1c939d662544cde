"""Words on pictures: labels in two columns beside the drawing, leader lines, captions.

The font is DejaVu Sans, which comes with Matplotlib, so that every machine draws the same letters.
"""

from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

INK = (34, 38, 44)
SIZE = 26  # letters, in pixels


def font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans at a height in pixels."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


def _spread(wanted: list[float], gap: float, low: float, high: float) -> list[float]:
    """Heights near the wanted ones (ascending), a least distance apart, within limits.

    The mean of pushing everything down and pushing everything up keeps the distance.
    """
    if not wanted:
        return []
    down, up = [wanted[0]], [wanted[-1]]
    for y in wanted[1:]:
        down.append(max(y, down[-1] + gap))
    for y in reversed(wanted[:-1]):
        up.insert(0, min(y, up[0] - gap))
    placed = [(a + b) / 2 for a, b in zip(down, up, strict=True)]
    lowest = low
    for i, y in enumerate(placed):
        placed[i] = lowest = max(y, lowest)
        lowest += gap
    highest = high
    for i in range(len(placed) - 1, -1, -1):
        placed[i] = highest = min(placed[i], highest)
        highest -= gap
    return placed


def width_of(words: list[str], size: int = SIZE) -> int:
    """Pixels that the longest of some labels takes."""
    return max((int(font(size).getlength(text)) for text in words), default=0)


def _anchor(pixels: np.ndarray, left: bool) -> np.ndarray:
    """A visible pixel some way in from the side where the label stands."""
    ordered = np.sort(pixels[:, 0])
    x = ordered[int((len(ordered) - 1) * (0.2 if left else 0.8))]
    column = pixels[np.abs(pixels[:, 0] - x) <= 2]
    if not len(column):
        column = pixels
    middle = np.array([x, np.median(column[:, 1])])
    return pixels[np.argmin(((pixels - middle) ** 2).sum(axis=1))]


def annotate(
    pixels: np.ndarray, labels: dict[str, np.ndarray], title: str, size: int = SIZE
) -> Image.Image:
    """Write labels (text -> pixels of what it names) beside the drawing, and a title above."""
    image = Image.fromarray(pixels)
    pen = ImageDraw.Draw(image)
    letters = font(size)
    width, height = image.size
    pen.text((28, 20), title, fill=INK, font=font(size + 8, bold=True))
    ordered = sorted(labels.items(), key=lambda item: float(np.median(item[1][:, 0])))
    half = len(ordered) // 2
    for side, some in (("left", ordered[:half]), ("right", ordered[half:])):
        chosen = sorted(
            ((text, _anchor(area, side == "left")) for text, area in some),
            key=lambda item: float(item[1][1]),
        )
        heights = _spread([a[1] for _, a in chosen], size * 1.7, 95.0, height - 30.0)
        for (text, end), y in zip(chosen, heights, strict=True):
            wide = letters.getlength(text)
            x = 28 if side == "left" else width - 28 - wide
            pen.text((x, y), text, fill=INK, font=letters, anchor="lm")
            start = (x + wide + 8, y) if side == "left" else (x - 8, y)
            tip = (float(end[0]), float(end[1]))
            pen.line([start, tip], fill=INK, width=2)
            r = 5
            pen.ellipse([tip[0] - r, tip[1] - r, tip[0] + r, tip[1] + r], fill=INK, outline="white")
    return image


def save_png(image: Image.Image, path: Path) -> None:
    """PNG of at most 256 colours without any date or program name inside."""
    reduced = image.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    reduced.save(path, optimize=False, compress_level=9)
