"""What the figures are for people whose recordings had no say in the constants.

The constants were chosen on all recordings there are, so the figures on these are too good by some
amount. To see by how much, people are dealt into folds, the constants are chosen again without one
fold's people, and those people are scored with what was chosen; so for each fold in turn.

Choosing: each alternative of each constant runs alone on all recordings. Then, per fold and on the
people of the other folds only, each constant's best change is a candidate if F1 gains LEAST_GAIN
and the latest hits (95 of 100 come before) are no more than LATER_MS later than now: F1 alone is
cheaply bought by waiting for what is certain. The greatest MOST_TRIED candidates are run one after
another, each together with what was taken so far, and taken where the same holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from host_tools.batch import Outcome, run_all
from host_tools.constants import (
    DETECTION,
    PREDICTION,
    Changes,
    alternatives,
    changed,
    unit_of,
    value_of,
)
from host_tools.errors import HeelcueError
from host_tools.evaluate import (
    FOLDS,
    Evaluation,
    Result,
    Task,
    folds_of,
    read_labelled,
    score_replay,
)
from host_tools.replay import Walk, replay_walk
from host_tools.scoring import Tally, quantile

LEAST_GAIN = 0.0002  # of F1: less is a matter of two or three strides in ten thousand
LATER_MS = 5
MOST_TRIED = 5
FELT_WITHIN_MS = 50

AS_IT_IS: Changes = ()
ByChanges = dict[Changes, Tally]  # of one recording


def _heel_offs(result: Result) -> Tally:
    tally = Tally()
    tally.add(result.heel_offs, result.seconds)
    return tally


def _cues(result: Result) -> Tally:
    cues = result.cues
    errors_ms = cues.predicted_ms + cues.reacted_ms
    felt = sum(abs(error) <= FELT_WITHIN_MS for error in errors_ms)
    false = len(cues.false_predicted_s) + len(cues.false_reactive_s)
    return Tally(1, result.seconds, felt, cues.strides - felt, false, 0, errors_ms)


class Aim(NamedTuple):
    """What constants are chosen for: F1 of what `tally_of` counts as hit, missed and false."""

    key: str
    what: str
    constants: tuple[str, ...]
    tally_of: Callable[[Result], Tally]


AIMS = (
    Aim("heel_off", "heel-offs", DETECTION, _heel_offs),
    Aim("cue", f"cues felt within {FELT_WITHIN_MS} ms", PREDICTION, _cues),
)


@dataclass(frozen=True)
class Constant:
    """One constant, what it is now and what else was tried: {factor: value}."""

    name: str
    unit: str
    value: int
    others: dict[float, int]

    def changes(self) -> list[Changes]:
        """Return each alternative as a change."""
        return [((self.name, other),) for other in self.others.values()]

    def outermost(self) -> list[Changes]:
        """Return the changes to the least and the greatest value."""
        values = sorted((self.value, *self.others.values()))
        return [((self.name, end),) for end in (values[0], values[-1]) if end != self.value]


def _late_ms(tally: Tally) -> float:
    found = quantile(tally.errors_ms, 0.95)
    return 0.0 if found is None else found


@dataclass
class Tried:
    """Counts of every recording, under every set of changes that was run."""

    subjects: list[str]  # of each recording
    tallies: dict[Changes, list[Tally]] = field(default_factory=dict)

    def add(self, by_recording: Sequence[ByChanges]) -> None:
        """Add what was run, recording by recording in the order of `subjects`."""
        for changes in by_recording[0] if by_recording else ():
            self.tallies[changes] = [tallies[changes] for tallies in by_recording]

    def total(self, changes: Changes, people: Iterable[str] | None = None) -> Tally:
        """Add up the recordings of some people, or all."""
        chosen = None if people is None else set(people)
        sum_ = Tally()
        for subject, tally in zip(self.subjects, self.tallies[changes], strict=True):
            if chosen is None or subject in chosen:
                sum_.merge(tally)
        return sum_

    def f1(self, changes: Changes, people: Iterable[str] | None = None) -> float:
        """Return F1 over the recordings of some people, or all."""
        return self.total(changes, people).f1

    def gain(self, changes: Changes, over: Changes, people: set[str]) -> float:
        """Return what these people's F1 gains, or loses, over other changes.

        No gain counts (0) where 95 of 100 hits come so much later than as it is.
        """
        new = self.total(changes, people)
        gain = new.f1 - self.f1(over, people)
        return min(gain, 0.0) if _late_ms(new) > self._late_now(people) + LATER_MS else gain

    def _late_now(self, people: set[str]) -> float:
        return _late_ms(self.total(AS_IT_IS, people))


@dataclass(frozen=True)
class Fold:
    """People held out together, what was chosen without them, and how that does on them."""

    people: list[str]
    changes: Changes
    trained_gain: float  # in F1, on those it was chosen on
    held_out: Tally
    as_is: Tally


@dataclass(frozen=True)
class CrossValidation:
    """The outcome for one aim."""

    aim: Aim
    constants: list[Constant]
    f1_changes: dict[Changes, float]  # of each alternative alone, over all recordings
    folds: list[Fold]
    held_out: Tally
    as_is: Tally

    @property
    def optimism_f1(self) -> float:
        """By how much F1 is better on people who had a say in the constants."""
        return self.as_is.f1 - self.held_out.f1

    def chosen(self, constant: Constant) -> list[int]:
        """Return the value that each fold chose."""
        return [dict(fold.changes).get(constant.name, constant.value) for fold in self.folds]


def constants_of(aim: Aim, settings: Mapping[str, Any]) -> list[Constant]:
    """Return an aim's constants. Raises HeelcueError if the firmware lacks one."""
    found = []
    for name in aim.constants:
        value = value_of(name, settings)
        found.append(Constant(name, unit_of(name), value, alternatives(name, value)))
    return found


def check_people(evaluation: Evaluation) -> list[list[str]]:
    """Return the folds of people. Raises HeelcueError for fewer people than folds."""
    folds = folds_of(result.subject for result in evaluation.results)
    if len(folds) < FOLDS:
        raise HeelcueError(
            f"--cross-validate deals people into {FOLDS} folds, and these recordings are of only "
            f"{len(folds)}; give more people's, each with a 'subject' of its own in the sidecar",
            2,
        )
    return folds


def cross_validate(
    evaluation: Evaluation,
    files: Mapping[Path, Path],
    settings: Mapping[str, Any],
    aim: Aim,
    *,
    jobs: int = 2,
) -> CrossValidation:
    """Choose an aim's constants without each fold of people, and score them on these.

    evaluation: of these files as it is. Recordings that it could not use are left out.
    Raises HeelcueError for fewer people than folds.
    """
    people = check_people(evaluation)
    constants = constants_of(aim, settings)
    tasks = [Task(Path(one.name), files[Path(one.name)]) for one in evaluation.results]
    tried = Tried(
        [one.subject for one in evaluation.results],
        {AS_IT_IS: [aim.tally_of(one) for one in evaluation.results]},
    )

    screened = Tried(tried.subjects, dict(tried.tallies))

    def run(wanted: Iterable[Changes]) -> None:
        new = [changes for changes in dict.fromkeys(wanted) if changes not in tried.tallies]
        if new:
            worker = partial(_run, settings=dict(settings), tally_of=aim.tally_of, wanted=new)
            tried.add(_all_done(run_all(worker, tasks, jobs=jobs, what=f"{aim.what}, together")))

    screen = partial(_screen, settings=dict(settings), tally_of=aim.tally_of, constants=constants)
    what = f"constants for {aim.what}"
    screened.add(_all_done(run_all(screen, tasks, jobs=jobs, what=what)))
    choices = choose(screened, tried, constants, people, run)
    folds = []
    held_out = Tally()
    for names, changes in zip(people, choices, strict=True):
        others = _others(people, names)
        fold = Fold(
            names,
            changes,
            tried.f1(changes, others) - tried.f1(AS_IT_IS, others),
            tried.total(changes, names),
            tried.total(AS_IT_IS, names),
        )
        folds.append(fold)
        held_out.merge(fold.held_out)
    as_is = tried.total(AS_IT_IS)
    f1_changes = {c: screened.f1(c) - as_is.f1 for one in constants for c in one.changes()}
    return CrossValidation(aim, constants, f1_changes, folds, held_out, as_is)


def _all_done(outcomes: Sequence[Outcome[Task, ByChanges]]) -> list[ByChanges]:
    for outcome in outcomes:
        if outcome.result is None:
            raise HeelcueError(outcome.fault or "a recording could not be scored")
    return [outcome.result for outcome in outcomes if outcome.result is not None]


def _run(
    task: Task,
    settings: Mapping[str, Any],
    tally_of: Callable[[Result], Tally],
    wanted: Iterable[Changes],
) -> ByChanges:
    """Run one recording under each set of changes."""
    recording = read_labelled(task.file)
    walk = Walk.of(recording)
    tallies = {}
    for changes in wanted:
        with changed(changes, settings) as chosen:
            replay = replay_walk(walk, chosen)
            tallies[changes] = tally_of(score_replay(recording, replay, task.relative, chosen))
    return tallies


def _screen(
    task: Task,
    settings: Mapping[str, Any],
    tally_of: Callable[[Result], Tally],
    constants: Iterable[Constant],
) -> ByChanges:
    """Run one recording with each alternative alone, the outermost of each constant first.

    Where neither changes what is hit, missed and false, those between are taken to change nothing
    either: that holds but for a few in ten thousand, and halves the time.
    """
    run = partial(_run, task, settings, tally_of)
    outermost = {one.name: one.outermost() for one in constants}
    tallies = run([AS_IT_IS, *(changes for pair in outermost.values() for changes in pair)])
    as_is = tallies[AS_IT_IS]
    rest = []
    for one in constants:
        alike = all(_counts(tallies[changes]) == _counts(as_is) for changes in outermost[one.name])
        between = [changes for changes in one.changes() if changes not in tallies]
        if alike:
            tallies |= dict.fromkeys(between, as_is)
        else:
            rest += between
    return tallies | run(rest)


def _counts(tally: Tally) -> tuple[int, int, int]:
    return tally.hit, tally.missed, tally.false


def _others(people: Sequence[Sequence[str]], held_out: Sequence[str]) -> set[str]:
    return {name for fold in people for name in fold} - set(held_out)


def choose(
    screened: Tried,
    tried: Tried,
    constants: Sequence[Constant],
    people: Sequence[Sequence[str]],
    run: Callable[[Sequence[Changes]], None],
) -> list[Changes]:
    """Choose constants for each fold of people, on the others alone.

    screened: has each alternative alone; tried: has what was run, and gets what `run` is given.
    """
    training = [_others(people, names) for names in people]
    candidates = [_candidates(screened, constants, others) for others in training]
    chosen = [AS_IT_IS for _ in people]
    for turn in range(MOST_TRIED):
        asked = {
            fold: tuple(sorted(chosen[fold] + candidates[fold][turn]))
            for fold in range(len(people))
            if turn < len(candidates[fold])
        }
        run(list(asked.values()))
        for fold, together in asked.items():
            if tried.gain(together, chosen[fold], training[fold]) >= LEAST_GAIN:
                chosen[fold] = together
    return chosen


def _candidates(screened: Tried, constants: Sequence[Constant], people: set[str]) -> list[Changes]:
    """Return each constant's best change, where it gains enough for these people; best first."""
    best = []
    for one in constants:
        gains = [(screened.gain(changes, AS_IT_IS, people), changes) for changes in one.changes()]
        best.append(max(gains, key=lambda gain: gain[0], default=(0.0, AS_IT_IS)))
    best.sort(key=lambda gain: -gain[0])
    return [changes for gain, changes in best if gain >= LEAST_GAIN]
