"""The bill of materials as data. Light: needs nothing beyond the standard library.

Lengths are in mm, masses in g, per piece. Printed parts carry neither: both come from the model.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

BILL = Path(__file__).with_name("bill_of_materials.csv")
COLUMNS = [
    *("ref", "build", "quantity", "part", "maker", "maker_number"),
    *("length_mm", "width_mm", "height_mm", "mass_g", "in_enclosure", "replacements", "checked"),
]


class BillError(ValueError):
    """A line of the bill is wrong; the sentence names file, line and column."""


@dataclass(frozen=True)
class Item:
    """One line of the bill. `size_mm` is (length, width, height), None for printed parts."""

    ref: str
    build: str
    quantity: int
    part: str
    maker: str
    maker_number: str
    size_mm: tuple[float, float, float] | None
    mass_g: float | None
    in_enclosure: str
    replacements: str
    checked: str


def load_bill(path: Path = BILL) -> dict[str, Item]:
    """Read the bill: reference -> Item. Raises BillError with file, line and column."""
    items: dict[str, Item] = {}
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != COLUMNS:
            raise BillError(f"{path}:1: the columns must be {','.join(COLUMNS)}")
        for row in reader:
            where = f"{path}:{reader.line_num}"
            if None in row or None in row.values():
                raise BillError(f"{where}: {len(COLUMNS)} fields are needed; quote commas")
            if row["ref"] in items:
                raise BillError(f"{where}: ref {row['ref']} is there twice")
            printed = row["in_enclosure"] == "printed"
            try:
                size = (
                    None
                    if printed
                    else tuple(float(row[key]) for key in ("length_mm", "width_mm", "height_mm"))
                )
                mass = None if printed else float(row["mass_g"])
                quantity = int(row["quantity"])
            except ValueError as error:
                raise BillError(f"{where}: not a number: {error}") from None
            items[row["ref"]] = Item(
                ref=row["ref"],
                build=row["build"],
                quantity=quantity,
                part=row["part"],
                maker=row["maker"],
                maker_number=row["maker_number"],
                size_mm=size,
                mass_g=mass,
                in_enclosure=row["in_enclosure"],
                replacements=row["replacements"],
                checked=row["checked"],
            )
    return items


def bought_mass_g(items: dict[str, Item], build: str) -> float:
    """Mass of everything bought for one build, in g (optional rows have quantity 0)."""
    return sum(
        item.quantity * item.mass_g
        for item in items.values()
        if item.build == build and item.mass_g is not None
    )
