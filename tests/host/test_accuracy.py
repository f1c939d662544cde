"""How good it is, as the README says: every recording evaluated, every figure held to its text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_tools import cli
from host_tools.bench_report import accuracy_rows
from tests.claims import Claim, as_told, rows, section, wrong
from tests.conftest import ROOT

README = ROOT / "README.md"
HEADING = "How good is it?"
BASELINE = "a plain threshold, told the true axis"
# What `bench` finds too low or too high, as the README's sentence calls it
SHORT = {
    "F1, all recordings": "Overall F1",
    "F1, healthy": "healthy",
    "F1, orthopedic": "orthopaedic",
    "F1, neurological": "neurological gait",
    "F1, hemiparetic": "hemiparetic",
    "false heel-offs per 10 min": "false heel-offs",
    "false cues per 10 min": "and cues",
    "heel-off error, median": "the median",
    "heel-off error, p95": "the latest detections",
    "hits before the push-off peak": "the push-off peak",
    "first cue by the second stride": "the first cue",
}


def claims_of(found: Mapping[str, Any]) -> dict[str, list[Claim]]:
    """Return what the README claims, by row of its table ("" for the sentence above it)."""
    f1 = {key: row["f1"] for key, row in found["figures"].items()}
    all_of_it, sure = found["figures"]["ALL/ALL"], found["sure"]
    cues, plain = found["cues"]["ALL/ALL"], found["fixed_threshold"]["ALL/ALL"]
    in_the_median = "{} ms late in the median"
    return {
        "": [
            Claim("{} recordings", [all_of_it["recordings"]]),
            Claim("{} people", [sure["ALL/ALL"]["people"]]),
        ],
        "heel-offs found (F1)": [
            Claim("{}, 95 % interval", [f1["ALL/ALL"]]),
            Claim("over people {} to {};", sure["ALL/ALL"]["f1_95"]),
            Claim("healthy {}", [f1["ALL/healthy"]]),
            Claim("orthopaedic {}", [f1["ALL/orthopedic"]]),
            Claim("neurological {}", [f1["ALL/neurological"]]),
            Claim("hemiparetic {}", [f1["ALL/hemiparetic"]]),
            Claim("({} people)", [sure["ALL/hemiparetic"]["people"]]),
        ],
        "detected": [
            Claim(in_the_median, [all_of_it["err_median_ms"]]),
            Claim("95 of 100 no more than {} ms late", [all_of_it["err_p95_ms"]]),
        ],
        "cues": [
            Claim("{} % of strides predicted", [100 * cues["predicted"]]),
            Claim("{} % of these felt within 50 ms", [100 * cues["predicted_within_50ms"]]),
            Claim("{} % reactive", [100 * cues["reacted"]]),
            Claim(f"felt {in_the_median}", [cues["reacted_median_ms"]]),
            Claim("{} % none", [100 * cues["missed"]]),
        ],
        "false cues": [Claim("{} in ten minutes of recording", [cues["false_per_10min"]])],
        "first cue": [
            Claim(
                "by the second stride in {} % of recordings", [100 * cues["first_by_second_stride"]]
            )
        ],
        BASELINE: [
            Claim("F1 {}", [plain["f1"]]),
            Claim(in_the_median, [plain["err_median_ms"]]),
            Claim("95 of 100 no more than {} ms", [plain["err_p95_ms"]]),
        ],
    }


def test_the_readme_s_figures_are_those_that_evaluate_prints(
    recordings_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["evaluate", str(recordings_dir), "--json", "--compare", "fixed-threshold"]
    assert cli.run(arguments) == 0
    found = json.loads(capsys.readouterr().out)
    claims = claims_of(found)
    text = section(README, HEADING, end="\n\nIn ")
    table = {"": text.partition("\n|")[0]} | dict(list(rows(text))[1:])
    assert set(table) == set(claims), "the README's table has other rows than this test"
    faults = [
        fault
        for row, cells in table.items()
        for fault in wrong(f"README.md, {row or HEADING}", cells, claims[row], all_held=True)
    ]
    text = " ".join(section(README, HEADING).split())
    end = text.index(" fall short of theirs")
    sentence = text[text.rindex(". ", 0, end) + 2 : end]
    for wanted in accuracy_rows(found["figures"], found["cues"]):
        told = SHORT.get(wanted.label, wanted.label) in sentence
        if wanted.met is not None and told == wanted.met:
            _, now, limit, _ = wanted.row()
            faults.append(
                f"README.md: '{sentence} fall short of theirs', but {wanted.label} is {now}, "
                f"wanted {limit}: {'take it out' if told else 'add it'}"
            )
    assert not faults, "\n".join(["", *faults])


@given(st.floats(-2000, 2000), st.integers(0, 4), st.integers(1, 9))
def test_a_figure_off_by_its_last_digit_is_told_with_the_one_to_write(
    value: float, decimals: int, off: int
) -> None:
    told = as_told(f"0.{'0' * decimals}" if decimals else "0", value)
    assert float(told) == pytest.approx(value, abs=0.51 * 10**-decimals)
    claims = [Claim("{} ms late", [value]), Claim("{} people", [2])]
    assert wrong("here", f"95 of 100 {told} ms\nlate, two people", claims) == []
    other = f"{float(told) + off * 10**-decimals:.{decimals}f}"
    assert wrong("here", f"{other} ms late, two people", claims) == [
        f"here: '{other} ms late' is stale; write '{told} ms late'"
    ]


def test_a_figure_that_nothing_holds_and_words_that_are_gone_are_told() -> None:
    claims = [Claim("of {} people", [1000])]
    assert wrong("here", "of 1,000 people, 7 of them twice", claims) == []
    (fault,) = wrong("here", "of 1,000 people, 7 of them twice", claims, all_held=True)
    assert "7 of them" in fault and "no claim" in fault
    (fault,) = wrong("here", "everybody", claims)
    assert "'of {} people' stands there 0 times" in fault
    assert wrong("here", "of two people", [Claim("of {} people", [3.2])]) == [
        "here: 'of two people' is stale; write 'of three people'"
    ]
