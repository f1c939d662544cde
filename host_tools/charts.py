"""Signals drawn with characters: lines of Braille dots, two by four to a character."""

from __future__ import annotations

from collections.abc import Sequence

_BLANK = 0x2800
_DOT = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))  # [column][row], Unicode's numbering


def braille_lines(
    values: Sequence[float], width: int, height: int, low: float, high: float
) -> list[str]:
    """Draw values (evenly spaced, two a character) as `height` lines of `width` characters.

    Values beyond low..high are drawn at the edge; neighbours are joined by a vertical line.
    """
    cells = [[0] * width for _ in range(height)]
    dots = 4 * height
    before = None
    for column, value in enumerate(values[-2 * width :]):
        share = (value - low) / (high - low)
        row = round((1 - min(1.0, max(0.0, share))) * (dots - 1))
        first, last = sorted((row, row if before is None else before))
        for dot in range(first, last + 1):
            cells[dot // 4][column // 2] |= _DOT[column % 2][dot % 4]
        before = row
    return ["".join(chr(_BLANK | cell) for cell in line) for line in cells]


def marker_line(marks: Sequence[bool], sign: str, width: int) -> str:
    """Draw `sign` where either of the two values under a character is marked."""
    shown = list(marks[-2 * width :])
    return "".join(sign if any(shown[k : k + 2]) else " " for k in range(0, len(shown), 2))
