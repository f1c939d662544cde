"""Constants chosen without the people they are scored on, and the overrides that this needs."""

from __future__ import annotations

import importlib
import json
import random
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from heelcue.pipeline import Pipeline
from heelcue.settings import SCHEMA, defaults
from hypothesis import given, settings
from hypothesis import strategies as st

from host_tools import cli, cross_validation
from host_tools.constants import (
    DETECTION,
    PREDICTION,
    Changes,
    alternatives,
    changed,
    is_setting,
    value_of,
)
from host_tools.cross_validation import (
    AIMS,
    AS_IT_IS,
    Aim,
    Constant,
    Tried,
    choose,
    constants_of,
    cross_validate,
)
from host_tools.errors import HeelcueError
from host_tools.evaluate import evaluate_files, folds_of
from host_tools.find import find_recordings
from host_tools.perturb import MID_WALK, perturb
from host_tools.replay import Walk, replay_walk
from host_tools.scoring import Tally
from tests.conftest import ROOT
from tests.host.test_people import keys_in
from tests.host.walks import generated_recording, generated_walk, saved_walk

ALL = sorted({*DETECTION, *PREDICTION})
GLOBALS = [name for name in ALL if not is_setting(name)]


def source_value(name: str) -> int:
    """Return a constant's value as the firmware's source says it."""
    module, _, attribute = name.partition(".")
    source = (ROOT / "firmware/heelcue" / f"{module}.py").read_text(encoding="utf-8")
    found = re.search(rf"^{attribute} = (?:const\()?(\d+)\)?", source, re.MULTILINE)
    assert found, f"{name} is not in the source"
    return int(found[1])


@pytest.mark.parametrize("aim", AIMS, ids=lambda aim: aim.key)
def test_every_constant_that_is_listed_is_the_firmwares_and_has_alternatives(aim: Aim) -> None:
    assert len(set(aim.constants)) == len(aim.constants)
    for one in constants_of(aim, defaults()):
        if is_setting(one.name):
            assert one.value == SCHEMA[one.name][0]
        else:
            assert one.value == source_value(one.name)
        assert one.others and one.unit
        below = [other for other in one.others.values() if other < one.value]
        assert 1 <= len(below) < len(one.others)


@pytest.mark.parametrize("name", ["detector._NOPE", "nowhere._LAG_MS", "nope_ms", "cue_mode"])
def test_a_constant_that_the_firmware_lacks_is_refused_and_what_was_changed_put_back(
    name: str,
) -> None:
    with pytest.raises(HeelcueError, match=name):
        value_of(name, defaults())
    with pytest.raises(HeelcueError), changed((("detector._LAG_MS", 99), (name, 1)), defaults()):
        pytest.fail("it took effect")
    assert value_of("detector._LAG_MS", {}) == source_value("detector._LAG_MS")


@pytest.fixture(scope="module")
def walks() -> list[Walk]:
    """Walks that between them meet every rule with a listed constant in it."""
    begun = perturb(generated_recording(20), MID_WALK)
    assert begun is not None
    return [
        Walk.of(begun),
        generated_walk(20, preset="neurological", seed=3),
        generated_walk(20, preset="hemiparetic"),
    ]


def test_no_constant_is_kept_from_when_its_module_was_imported(
    walks: list[Walk], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the global the code fails: it is what a pipeline reads, so changing it is enough."""
    for name in GLOBALS:
        module, _, attribute = name.partition(".")
        with monkeypatch.context() as patch:
            patch.delattr(importlib.import_module(f"heelcue.{module}"), attribute)
            with pytest.raises(NameError, match=attribute):
                for walk in walks:
                    replay_walk(walk, defaults())
                pytest.fail(f"{name} is not read while walking")


def test_a_changed_constant_is_what_the_next_pipeline_computes_with() -> None:
    rate_hz = 200.0
    changes = (("detector._LAG_MS", 45), ("detector._RISEN_MS", 130), ("flat_ms", 90))
    with changed(changes, defaults()) as chosen:
        detector = Pipeline(chosen, rate_hz).detector
    assert detector._lag == int(256 / (1 + 0.045 * rate_hz))
    assert detector._risen == 26 and detector._flat_need == 4 * 18
    after = Pipeline(defaults(), rate_hz).detector
    assert after._lag == int(256 / (1 + 0.020 * rate_hz)) and after._risen == 16


@pytest.mark.parametrize(
    "name", ["heel_off_rate_dps", "detector._PUSH_MIN_DPS", "predictor._SLOPE_MS"]
)
def test_another_value_changes_what_the_device_does_and_leaves_no_trace(
    walks: list[Walk], name: str
) -> None:
    before = [replay_walk(walk, defaults()) for walk in walks]
    with changed(((name, 2 * value_of(name, defaults())),), defaults()) as chosen:
        meanwhile = [replay_walk(walk, chosen) for walk in walks]
    assert [one.events for one in meanwhile] != [one.events for one in before]
    after = [replay_walk(walk, defaults()) for walk in walks]
    assert [one.events for one in after] == [one.events for one in before]


def test_alternatives_are_whole_numbers_within_the_schema() -> None:
    assert alternatives("detector._X", 2) == {0.7: 1, 1.4: 3}
    assert alternatives("detector._X", 20) == {0.7: 14, 0.85: 17, 1.2: 24, 1.4: 28}
    assert alternatives("flat_ms", 25) == {0.7: 20, 0.85: 21, 1.2: 30, 1.4: 35}
    assert alternatives("flat_ms", 290) == {0.7: 203, 0.85: 247, 1.2: 300}


@given(st.integers(0, 30), st.randoms(use_true_random=False))
def test_everybody_is_in_one_fold_whatever_the_order(count: int, shuffler: random.Random) -> None:
    people = [f"P{number}" for number in range(count)]
    order = [*people, *people]
    shuffler.shuffle(order)
    folds = folds_of(order)
    assert sorted(name for fold in folds for name in fold) == sorted(people)
    assert folds == folds_of(people) and len(folds) == min(5, count)
    sizes = [len(fold) for fold in folds]
    assert not sizes or max(sizes) - min(sizes) <= 1


PEOPLE = [f"P{number}" for number in range(12)]
FOLDS = folds_of(PEOPLE)
CONSTANTS = [Constant(name, "ms", 10, {0.7: 7, 1.4: 14}) for name in "abcd"]
Outcomes = dict[tuple[Changes, str], Tally]


def outcome(seed: int, changes: Changes, person: str) -> Tally:
    """Make up what became of a person's strides under some changes."""
    dice = random.Random(f"{seed} {changes} {person}")
    missed, false = dice.randrange(6), dice.randrange(6)
    return Tally(1, 60.0, 40 - missed, missed, false)


def chosen_by(seed_of: dict[str, int]) -> list[Changes]:
    """Choose for each fold, people's strides made up each with their own seed."""
    tried = Tried(PEOPLE)

    def run(wanted: Sequence[Changes]) -> None:
        for changes in wanted:
            tried.tallies[changes] = [outcome(seed_of[name], changes, name) for name in PEOPLE]

    run([AS_IT_IS, *(changes for one in CONSTANTS for changes in one.changes())])
    return choose(tried, tried, CONSTANTS, FOLDS, run)


@given(st.integers(0, 99), st.integers(100, 999), st.integers(0, 4))
@settings(max_examples=40)
def test_a_fold_chooses_the_same_whatever_its_own_people_do(seed: int, other: int, k: int) -> None:
    usual = chosen_by(dict.fromkeys(PEOPLE, seed))
    altered = chosen_by(dict.fromkeys(PEOPLE, seed) | dict.fromkeys(FOLDS[k], other))
    assert altered[k] == usual[k]


def test_other_folds_do_choose_by_those_people() -> None:
    """Else the test before this one would prove nothing."""
    differ = [
        chosen_by(dict.fromkeys(PEOPLE, 1) | dict.fromkeys(FOLDS[0], other))[1:]
        != chosen_by(dict.fromkeys(PEOPLE, 1))[1:]
        for other in range(2, 12)
    ]
    assert sum(differ) > 5


def tried_with(missed: dict[Changes, int]) -> Tried:
    """Everybody has so many strides missed, of 100, under each set of changes (else 10)."""
    singles = [changes for one in CONSTANTS for changes in one.changes()]
    return Tried(
        PEOPLE,
        {
            changes: [
                Tally(1, 60.0, 100 - missed.get(changes, 10), missed.get(changes, 10), 0)
                for _ in PEOPLE
            ]
            for changes in [AS_IT_IS, *singles, *missed]
        },
    )


def test_what_gains_is_taken_and_what_gains_no_more_beside_it_is_not() -> None:
    a, b, c = (("a", 7),), (("b", 14),), (("c", 7),)

    def chosen(missed: dict[Changes, int]) -> list[Changes]:
        tried = tried_with(missed)
        return choose(tried, tried, CONSTANTS, FOLDS, lambda wanted: None)

    assert chosen({a: 4, b: 6, c: 8, a + b: 5, a + c: 1}) == [a + c] * 5
    assert chosen({a: 10, b: 11}) == [AS_IT_IS] * 5


@pytest.mark.parametrize(("later_ms", "taken"), [(4.0, True), (6.0, False), (-30.0, True)])
def test_a_gain_that_is_bought_by_waiting_is_not_taken(later_ms: float, taken: bool) -> None:
    a = (("a", 7),)
    tried = tried_with({a: 4})
    for changes, tallies in tried.tallies.items():
        for tally in tallies:
            tally.errors_ms = [20.0, 60.0 + (later_ms if changes == a else 0.0)]
    found = choose(tried, tried, CONSTANTS, FOLDS, lambda wanted: None)
    assert found == [a if taken else AS_IT_IS] * 5


def test_what_only_seemed_to_gain_is_not_taken() -> None:
    """Screening may take a recording's counts for granted; what is chosen has been run in full."""
    a = (("a", 7),)
    tried = tried_with({a: 11})
    assert choose(tried_with({a: 4}), tried, CONSTANTS, FOLDS, lambda wanted: None) == [()] * 5


@pytest.fixture(scope="module")
def six_people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of short walks of six people; a seventh recording is of one of them."""
    folder = tmp_path_factory.mktemp("people")
    for number in range(7):
        sidecar = saved_walk(folder, 12, number, f"w{number}").with_suffix("").with_suffix(".json")
        meta = json.loads(sidecar.read_text())
        sidecar.write_text(json.dumps(meta | {"subject": f"S{number % 6}"}))
    return folder


FEW = tuple(
    aim._replace(constants=names)
    for aim, names in zip(
        AIMS,
        (("heel_off_rate_dps", "detector._LAG_MS"), ("predictor._SLOPE_MS",)),
        strict=True,
    )
)


def test_the_command_prints_draws_and_hands_on_what_the_readme_explains(
    six_people: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cross_validation, "AIMS", FEW)
    command = ["evaluate", str(six_people), "--cross-validate", "--jobs", "1"]
    assert cli.run([*command, "--json", "--plot", str(tmp_path)]) == 0
    found = json.loads(capsys.readouterr().out)
    heel_off, cue = (found["cross_validation"][aim.key] for aim in FEW)
    assert heel_off["as_is"] == found["figures"]["ALL/ALL"]
    assert heel_off["optimism_f1"] == heel_off["as_is"]["f1"] - heel_off["held_out"]["f1"]
    readme = (ROOT / "host_tools/README.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`([^`\n]+)`", readme.replace("```", "")))
    keys = {"cross_validation", *found["cross_validation"]}
    for one in (heel_off, cue):
        keys |= {key for key in keys_in(one) if key not in one["constants"]}
        keys -= {value for row in one["constants"].values() for value in row["f1_changes"]}
    keys -= {name for fold in (*heel_off["folds"], *cue["folds"]) for name in fold["changes"]}
    assert sorted(keys - told) == []
    everybody = sorted(name for fold in heel_off["folds"] for name in fold["people_held_out"])
    assert everybody == [f"S{number}" for number in range(6)]
    assert set(heel_off["constants"]) == set(FEW[0].constants)
    assert set(cue["constants"]["predictor._SLOPE_MS"]["f1_changes"]) == {"35", "43", "60", "70"}
    assert sum(fold["held_out"]["strides"] for fold in cue["folds"]) == cue["as_is"]["strides"]
    for aim in FEW:
        assert (tmp_path / f"constants_{aim.key}.png").stat().st_size > 5000
    assert cli.run(command) == 0
    out = capsys.readouterr().out
    for said in ("detector._LAG_MS", "deg/s", "Without fold 5:", "held out", "Optimism"):
        assert said in out


def test_what_a_change_is_worth_is_what_an_evaluation_with_it_says(six_people: Path) -> None:
    files = find_recordings([six_people])
    evaluation = evaluate_files(files, defaults(), jobs=1)
    name = "heel_off_rate_dps"
    aim = AIMS[0]._replace(constants=(name,))
    found = cross_validate(evaluation, files, defaults(), aim, jobs=1)
    assert found.as_is.figures() == evaluation.figures()["ALL/ALL"]
    assert set(found.f1_changes) == set(found.constants[0].changes())
    for factor in (0.7, 0.85, 1.4):
        value = found.constants[0].others[factor]
        again = evaluate_files(files, defaults() | {name: value}, jobs=1)
        assert found.f1_changes[(name, value),] == pytest.approx(
            again.figures()["ALL/ALL"]["f1"] - found.as_is.f1
        )


def test_fewer_people_than_folds_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(4):
        saved_walk(tmp_path, 12, number, f"w{number}")
    assert cli.run(["evaluate", str(tmp_path), "--cross-validate"]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and "into 5 folds" in captured.err and captured.err.count("\n") == 1
    assert cli.run(["evaluate", str(tmp_path), "--cross-validate", "--events", str(tmp_path)]) == 2
    assert "--events does nothing beside --cross-validate" in capsys.readouterr().err
