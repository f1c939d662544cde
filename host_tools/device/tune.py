"""Search of the detection thresholds, by cross-validation over people (or recordings of one).

Each candidate is scored on every recording by the device's own detector. For cross-validation the
best candidate is chosen without a group's recordings and scored on those; candidates come from a
quasi-random design that never saw a score, so nothing of the held-out group leaks into the choice.
The settings that are handed out are the best over all recordings, refined by Optuna's TPE, and only
if cross-validation says that choosing in this way beats what one has by more than chance.
"""

from __future__ import annotations

import json
import math
import statistics
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from heelcue import settings as schema
from scipy.stats import t as student

from host_tools.batch import progress_bar, run_all
from host_tools.device.tune_recordings import load
from host_tools.errors import HeelcueError
from host_tools.replay import replay_walk
from host_tools.scoring import Tally, score_times
from host_tools.words import count_of

# Keys of the schema that decide what is a heel-off, those that matter most first
DETECTION = (
    "heel_off_rate_dps", "heel_off_angle_cdeg", "roll_rate_dps", "roll_angle_cdeg", "shake_pct",
    "quiet_rate_dps", "flat_ms",
)  # fmt: skip
LATE_COSTS_PER_S = 0.25  # being 20 ms later at the median costs as much as 0.005 of F1
FEW_STRIDES, FEW_GROUPS = 150, 3  # below these, what is found is as likely chance
FOLDS_MOST = 6
SPAN = 3.0  # candidates lie within a third and three times the default
RESAMPLES = 400
CONFIDENCE = 0.95
NOISE_F1 = 0.003  # one stride in 330
# Of an error that n strides do not show there may be 3 in n (95 %: the rule of three), and one
# false heel-off in n strides costs 1/2n of F1
UNSEEN_F1_STRIDES = 1.5

Params = dict[str, int]
Tallies = dict[str, Tally]  # by recording
Scores = dict[str, Tallies]  # by settings (as JSON): what has been scored already


def tunable() -> list[str]:
    """Return the thresholds that this firmware has."""
    keys = [key for key in DETECTION if key in schema.SCHEMA]
    if not keys:
        raise HeelcueError("this firmware has no thresholds to tune; it decides by itself")
    return keys


def limits(key: str) -> tuple[int, int]:
    """Return within which values a threshold is searched: the schema's range, near the default."""
    default, least, greatest = schema.SCHEMA[key][:3]
    return max(least, int(default / SPAN)), min(greatest, max(default + 1, int(default * SPAN)))


def thresholds(start: Mapping[str, Any]) -> dict[str, Any]:
    """Return `start` with the thresholds at their defaults."""
    return dict(start) | {key: schema.SCHEMA[key][0] for key in tunable()}


def candidates(start: Mapping[str, Any], trials: int, seed: int) -> list[dict[str, Any]]:
    """Return what is tried whatever the recordings: start, defaults, and two thirds of `trials`."""
    design = _design(tunable(), trials - trials // 3, seed)
    return [dict(start), thresholds(start), *(dict(start) | params for params in design)]


def score_candidate(settings: Mapping[str, Any], files: Sequence[Path]) -> Tallies:
    """Run the device's detector over all recordings with these settings."""
    tallies = {}
    for file in files:
        loaded = load(file)
        events = replay_walk(loaded.walk, settings).events
        times = [event.t_s for event in events if event.name == "heel_off"]
        tally = Tally()
        tally.add(score_times(loaded.labels, times), loaded.seconds)
        tallies[str(file)] = tally
    return tallies


def total(tallies: Tallies, files: Sequence[Path]) -> Tally:
    """Add up the tallies of some recordings."""
    sum_ = Tally()
    for file in files:
        sum_.merge(tallies[str(file)])
    return sum_


def _f1(tally: Tally) -> float:
    return float(tally.figures()["f1"])


def worth(tally: Tally) -> float:
    """Return what is sought to be great: F1, less what lateness costs."""
    late_s = statistics.median(tally.errors_ms) / 1000 if tally.errors_ms else 0.0
    return _f1(tally) - LATE_COSTS_PER_S * max(0.0, late_s)


@dataclass
class Found:
    """The outcome of a search."""

    settings: dict[str, Any]  # complete
    adopted: str  # tuned, start or defaults
    start: Tally  # with the settings one began with, over all recordings
    defaults: Tally
    tuned: Tally  # with `settings`
    cross_validated: Tally  # chosen without each group, scored on it
    gain: float  # of cross-validated worth over the better of start and defaults
    gain_error: float  # how far off that may be: over groups (95 %), or by what is yet unseen
    cautions: list[str]
    candidates: int
    groups: int


def folds_of(files: Sequence[Path]) -> list[list[Path]]:
    """Split recordings by person; by recording where all are of one person."""
    groups: dict[str, list[Path]] = {}
    for file in files:
        groups.setdefault(load(file).group, []).append(file)
    if len(groups) == 1:
        groups = {str(file): [file] for file in files}
    folds: list[list[Path]] = [[] for _ in range(min(FOLDS_MOST, len(groups)))]
    for number, name in enumerate(sorted(groups, key=lambda name: (-len(groups[name]), name))):
        folds[number % len(folds)] += groups[name]
    return folds


def search(
    files: Sequence[Path],
    start: Mapping[str, Any],
    *,
    trials: int,
    seed: int = 0,
    jobs: int = 2,
    say: Callable[[str], None] = lambda sentence: None,
    known: Scores | None = None,
) -> Found:
    """Look for better thresholds than those of `start` (complete settings).

    known: scores of earlier searches, and then those of this one; of other recordings too.
    """
    keys = tunable()
    known = {} if known is None else known
    cautions = _cautions(files)
    for sentence in cautions:
        say(sentence)
    pool = candidates(start, trials, seed)
    scored = score(pool, files, jobs, known)
    folds = folds_of(files)
    held_out, per_fold = _cross_validate(scored, folds)
    _refine(pool, scored, keys, files, known, trials // 3, seed)
    tallies = [total(one, files) for one in scored]
    # Nothing is handed out for less than what so few strides cannot rule out that it costs
    unseen = UNSEEN_F1_STRIDES / max(1, tallies[1].hit + tallies[1].missed)

    def gain_over(bar: int, choices: Sequence[int]) -> tuple[float, float]:
        differences = [
            worth(total(scored[choice], fold)) - worth(total(scored[bar], fold))
            for choice, fold in zip(choices, folds, strict=True)
        ]
        return _mean_and_error(differences, folds, seed)

    # The defaults have many people behind them: what one began with must beat them beyond chance
    gain, error = gain_over(1, [0] * len(folds))
    bar = 0 if pool[0] == pool[1] or gain > max(error, unseen) else 1
    gain, error = gain_over(bar, per_fold)
    error = max(error, unseen)
    # Earlier cues may not be bought with more wrong ones than noise
    least_f1 = _f1(tallies[bar]) - NOISE_F1
    convincing = gain > error and _f1(held_out) >= least_f1
    fit = (k for k, tally in enumerate(tallies) if _f1(tally) >= least_f1)
    best = max(fit, key=lambda k: (worth(tallies[k]), -k))
    chosen = best if best > 1 and convincing else bar
    return Found(
        settings=pool[chosen],
        adopted=("start", "defaults")[chosen] if chosen < 2 else "tuned",
        start=tallies[0],
        defaults=tallies[1],
        tuned=tallies[chosen],
        cross_validated=held_out,
        gain=gain,
        gain_error=error,
        cautions=cautions,
        candidates=len(pool),
        groups=len(folds),
    )


def _cautions(files: Sequence[Path]) -> list[str]:
    loaded = [load(file) for file in files]
    strides = sum(len(one.labels.counted) for one in loaded)
    groups = len({one.group for one in loaded})
    found = []
    if strides == 0:
        raise HeelcueError("these recordings hold no strides to tune on; record a walk first")
    if strides < FEW_STRIDES:
        found.append(
            f"Only {count_of(strides, 'stride')}: what is found is as likely chance. {FEW_STRIDES} "
            "or more (four minutes of walking) make it worth trusting."
        )
    if len(files) < FEW_GROUPS and groups < FEW_GROUPS:
        found.append(
            f"Only {count_of(len(files), 'recording')}: nothing can be held out in "
            f"earnest. Record on {FEW_GROUPS} or more days, with the device clipped on anew each "
            "time."
        )
    unlabelled = sum(not one.labelled for one in loaded)
    if unlabelled:
        found.append(
            f"{unlabelled} of {count_of(len(files), 'recording')} had no labels; the offline "
            "labeller's heel-offs serve as the reference."
        )
    return found


def _design(keys: Sequence[str], count: int, seed: int) -> list[Params]:
    """Draw candidates that fill the space evenly, without looking at any score."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with warnings.catch_warnings():
        # Optuna calls its quasi-random sampler experimental; its remarks are not for the wearer
        warnings.simplefilter("ignore")
        sampler = optuna.samplers.QMCSampler(scramble=True, seed=seed)
        study = optuna.create_study(sampler=sampler)
        return [_params(study.ask(_distributions(keys)).params) for _ in range(count)]


def _distributions(keys: Sequence[str]) -> dict[str, Any]:
    import optuna

    found: dict[str, Any] = {}
    for key in keys:
        low, high = limits(key)
        found[key] = optuna.distributions.IntDistribution(low, high, log=low > 0)
    return found


def _params(values: Mapping[str, Any]) -> Params:
    return {key: int(value) for key, value in values.items()}


def score(
    pool: Sequence[Mapping[str, Any]], files: Sequence[Path], jobs: int, known: Scores
) -> list[Tallies]:
    """Score candidates on recordings; takes from `known` what is there, puts there what is not."""
    names = [json.dumps(candidate, sort_keys=True) for candidate in pool]
    missing = []
    for name, candidate in dict(zip(names, pool, strict=True)).items():
        there = known.setdefault(name, {})
        lacking = tuple(file for file in files if str(file) not in there)
        if lacking:
            missing.append((name, candidate, lacking))
    for outcome in run_all(_score_one, missing, jobs=jobs, what="candidates"):
        if outcome.result is None:
            raise HeelcueError(outcome.fault or "a candidate could not be scored")
        known[outcome.item[0]].update(outcome.result)
    return [known[name] for name in names]


def _score_one(item: tuple[str, Mapping[str, Any], tuple[Path, ...]]) -> Tallies:
    return score_candidate(item[1], item[2])


def _cross_validate(
    scored: Sequence[Tallies], folds: Sequence[Sequence[Path]]
) -> tuple[Tally, list[int]]:
    """Choose on all folds but one, score on that one; returns the sum and each fold's choice."""
    held_out = Tally()
    choices = []
    for number, fold in enumerate(folds):
        others = [file for k, other in enumerate(folds) if k != number for file in other]
        training = others or list(fold)
        chosen = max(range(len(scored)), key=lambda k: (worth(total(scored[k], training)), -k))
        choices.append(chosen)
        held_out.merge(total(scored[chosen], fold))
    return held_out, choices


def _refine(
    pool: list[dict[str, Any]],
    scored: list[Tallies],
    keys: Sequence[str],
    files: Sequence[Path],
    known: Scores,
    count: int,
    seed: int,
) -> None:
    """Let TPE look around the best candidates so far; appends to pool and scored."""
    import optuna

    if count < 1:
        return
    distributions = _distributions(keys)
    study = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed, n_startup_trials=0)
    )
    for settings, tallies in zip(pool, scored, strict=True):
        params = {key: settings[key] for key in keys}
        if all(distributions[key].low <= params[key] <= distributions[key].high for key in keys):
            study.add_trial(
                optuna.trial.create_trial(
                    params=params,
                    distributions=distributions,
                    value=worth(total(tallies, files)),
                )
            )
    with progress_bar(count, "refine") as advance:
        for _ in range(count):
            trial = study.ask(distributions)
            settings = pool[0] | _params(trial.params)
            tallies = known.setdefault(json.dumps(settings, sort_keys=True), {})
            tallies.update(score_candidate(settings, [f for f in files if str(f) not in tallies]))
            study.tell(trial, worth(total(tallies, files)))
            pool.append(settings)
            scored.append(tallies)
            advance()


def _mean_and_error(
    differences: Sequence[float], folds: Sequence[Sequence[Path]], seed: int
) -> tuple[float, float]:
    """Return the mean gain over folds, by strides, and how far off it may be (95 %).

    The standard error comes from resampled folds; Student's t makes up for there being so few.
    """
    weights = np.array(
        [sum(len(load(file).labels.counted) for file in fold) for fold in folds], dtype=float
    )
    values = np.array(differences)
    if not weights.sum():
        return 0.0, 0.0
    mean = float((values * weights).sum() / weights.sum())
    if len(values) < 2:
        return mean, float("inf")
    random = np.random.default_rng(seed)
    picks = random.integers(0, len(values), (RESAMPLES, len(values)))
    sums = weights[picks].sum(axis=1)
    means = (values[picks] * weights[picks]).sum(axis=1) / np.where(sums > 0, sums, 1)
    few = len(values) - 1
    error = float(means.std()) * math.sqrt(len(values) / few)
    return mean, error * float(student.ppf(0.5 + CONFIDENCE / 2, few))
