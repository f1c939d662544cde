"""Figures that a README quotes, held to what was measured: the README is read, nothing is copied.

A claim is a few words of the text with {} for each figure, and the measured values of those. A
figure is compared with as many digits as the text gives it. What is stale is told with the text
that is right, to be put in its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

NUMBERS = (
    *("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve"),
)
FIGURE = rf"([+-]?\d[\d,]*(?:\.\d+)?|\b(?:{'|'.join(NUMBERS)})\b)"


class Claim(NamedTuple):
    """Words of a text with {} for each of the values that they quote."""

    words: str
    values: Sequence[float]

    @property
    def pattern(self) -> re.Pattern[str]:
        """What finds the words, whichever figures stand in them."""
        return re.compile(FIGURE.join(re.escape(part) for part in self.words.split("{}")))


def as_told(quoted: str, value: float) -> str:
    """Write a value as the quoted figure is written: digits after the point, words, commas."""
    if quoted in NUMBERS:
        return NUMBERS[round(value)] if 0 <= round(value) < len(NUMBERS) else f"{value:.0f}"
    decimals = len(quoted.partition(".")[2])
    told = f"{value:{'+' if quoted[0] == '+' else ''}{',' if ',' in quoted else ''}.{decimals}f}"
    return told.lstrip("-") if float(told.replace(",", "")) == 0 else told


def section(page: Path, heading: str, end: str = "\n#") -> str:
    """Return what stands below a heading, up to the next one or to `end`."""
    _, found, below = page.read_text(encoding="utf-8").partition(f"# {heading}\n")
    assert found, f"{page} has no heading '{heading}'"
    text, found, _ = below.partition(end)
    assert found or end == "\n#", f"{page}, '{heading}': nothing reads '{end}'"
    return text


def rows(text: str) -> Iterator[tuple[str, str]]:
    """Yield (first cell, the others) of the tables in a text."""
    for line in re.findall(r"^\| ?(.*?) ?\|$", text, re.MULTILINE):
        name, _, cells = line.partition(" | ")
        if not set(line) <= set("|-: "):
            yield name, cells


def wrong(where: str, text: str, claims: Sequence[Claim], *, all_held: bool = False) -> list[str]:
    """Return a sentence for each claim that the text does not bear out.

    all_held: a figure in the text that no claim is about is wrong too.
    """
    text = " ".join(text.split())
    faults, spans = [], []
    for claim in claims:
        found = list(claim.pattern.finditer(text))
        if len(found) != 1:
            faults.append(
                f"{where}: '{claim.words}' stands there {len(found)} times, not once; give the test"
                " the words that are there now"
            )
            continue
        quoted = found[0].groups()
        told = [as_told(*both) for both in zip(quoted, claim.values, strict=True)]
        spans.append(found[0].span())
        if list(quoted) != told:
            now = claim.words.format(*told)
            faults.append(f"{where}: '{found[0][0]}' is stale; write '{now}'")
    edges = [(0, 0), *sorted(spans), (len(text), len(text))]
    for (_, start), (end, _) in pairwise(edges):
        if all_held and (left := re.search(r".{0,20}\d.{0,20}", text[start:end])):
            faults.append(f"{where}: '{left[0]}' is held by no claim of the test")
    return faults
