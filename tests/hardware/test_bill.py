"""The bill of materials: complete, readable, and wrong lines are refused by name."""

import re
from pathlib import Path

import pytest

from hardware.bill import BILL, COLUMNS, BillError, load_bill
from hardware.harness import DRAWINGS, WIRING, load

BENCH_ONLY = {"U5", "U6", "U7"}  # AtomS3, dev kit and MPU6050: not in a build of the guide


def test_every_line_says_what_may_replace_it_and_what_was_checked() -> None:
    for item in load_bill().values():
        assert item.replacements and item.checked, f"{item.ref}: empty replacements or checked"
        assert item.build in ("a", "b")
        assert item.in_enclosure in ("yes", "no", "printed")


def test_every_wired_part_is_in_the_bill() -> None:
    items = load_bill()
    for drawing in DRAWINGS:
        parts = set(load(WIRING / f"{drawing}.yml")["connectors"])
        assert parts - set(items) <= BENCH_ONLY, drawing


def test_it_names_no_prices_or_shops() -> None:
    text = BILL.read_text(encoding="utf-8")
    assert not re.search(r"https?:|www\.|[€$£]|\bUSD\b|\bEUR\b|aliexpress|amazon|ebay", text, re.I)


def test_round_parts_are_round() -> None:
    items = load_bill()
    for ref in ("M1", "F1", "H2"):
        size = items[ref].size_mm
        assert size is not None and size[0] == size[1], ref


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.replace("21.0,17.8,4.5", "21.0,wide,4.5"), r":2: not a number"),
        (lambda s: s.replace("U2,a,1", "U1,a,1"), r":3: ref U1 is there twice"),
        (lambda s: s.replace("mass_g,", "mass,", 1), r":1: the columns must be"),
        (lambda s: s + "U9,a,1,thing\n", r"fields are needed"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, change, message: str) -> None:
    path = tmp_path / "bill.csv"
    path.write_text(change(BILL.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(BillError, match=message):
        load_bill(path)


def test_columns_carry_their_units() -> None:
    assert {"length_mm", "width_mm", "height_mm", "mass_g"} <= set(COLUMNS)
