"""The power budget: the firmware's states, sources for all currents, sensible results."""

import dataclasses
from pathlib import Path

import pytest
from heelcue import power, settings

from hardware.power.budget import (
    CURRENTS,
    DEVICES,
    GENERATED,
    PULSE_S,
    STATES,
    budget,
    load_currents,
    results_of,
    tables,
)


def test_states_and_pulse_are_the_firmware_s() -> None:
    assert power.STATES == STATES
    assert settings.SCHEMA["pulse_ms"][0] == pytest.approx(PULSE_S * 1000)


def test_every_current_names_its_source_and_whether_it_was_checked() -> None:
    for rows in load_currents().values():
        for row in rows:
            assert row["source"] and row["checked"], row["part"]


def test_the_table_is_up_to_date() -> None:
    kept = (GENERATED / "power_budget.md").read_text(encoding="utf-8")
    assert kept == tables(*results_of()), "run: make hardware"


def test_hours_by_hand() -> None:
    """A device of round numbers, reckoned here independently."""
    row = {f"{s}_ma": "10" for s in STATES} | {"part": "x", "sleep_ma": "0.1", "cue_ma": "120"}
    device = dataclasses.replace(DEVICES[0], rows="x", charge_mah=100)
    got = budget(device, {"x": [row]})
    assert got.walking_ma == pytest.approx(10 + 110 * 0.15 / 1.1)
    leak = 100 * 0.03 / 730
    assert got.walking_h == pytest.approx(85 / (25 + leak))
    assert got.standby_h == pytest.approx(85 / (0.1 + leak))


def test_it_lasts_for_walks() -> None:
    """An hour's walk a day with build a and the smaller cell, charged at the weekend."""
    results, _ = results_of()
    for result in results:
        assert result.walking_h > (5 if result.device.name.startswith("a") else 2.5)
        order = [result.current_ma[s] for s in ("off", "sleep", "stand", "walk", "cue")]
        assert order == sorted(order), result.device.name


@pytest.mark.parametrize("bad", ["-1", "much", ""])
def test_a_current_that_is_none_is_named(tmp_path: Path, bad: str) -> None:
    text = CURRENTS.read_text(encoding="utf-8").replace(",26.8,23.5,", f",{bad},23.5,", 1)
    path = tmp_path / "currents.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"currents\.csv:2: walk_ma must be a number"):
        load_currents(path)
