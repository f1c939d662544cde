"""What tuning does for people it has not seen: each left out in turn, the rest tuned on.

The whole of `tune.search` runs on the others' recordings, its own cross-validation and its decision
to adopt or not included; the settings it hands out are then scored on the person left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from host_tools.device.tune import (
    NOISE_F1,
    Scores,
    candidates,
    folds_of,
    score,
    search,
    thresholds,
    total,
)
from host_tools.device.tune_recordings import load
from host_tools.errors import HeelcueError
from host_tools.scoring import Tally


@dataclass(frozen=True)
class Fold:
    """People left out together, and how the three settings do on them."""

    people: list[str]
    adopted: str  # tuned, start or defaults
    start: Tally
    defaults: Tally
    tuned: Tally


@dataclass(frozen=True)
class HeldOut:
    """All folds, and their sums."""

    folds: list[Fold]
    start: Tally
    defaults: Tally
    tuned: Tally

    @property
    def change_f1(self) -> float:
        """F1 with what tuning handed out less F1 with the defaults, everybody held out once."""
        return float(self.tuned.figures()["f1"] - self.defaults.figures()["f1"])

    @property
    def worse(self) -> bool:
        """Whether tuning cost more than noise."""
        return self.change_f1 < -NOISE_F1


def hold_out(
    files: Sequence[Path],
    start: Mapping[str, Any],
    *,
    trials: int,
    seed: int = 0,
    jobs: int = 2,
    say: Callable[[str], None] = lambda sentence: None,
) -> HeldOut:
    """Leave out each of up to six groups of people (recordings, where all are of one) in turn."""
    groups = folds_of(files)
    if len(groups) < 2:
        raise HeelcueError("one recording leaves nothing to tune on; give two or more", 2)
    known: Scores = {}
    score(candidates(start, trials, seed), files, jobs, known)
    defaults = thresholds(start)
    done = []
    sums = (Tally(), Tally(), Tally())
    for number, held in enumerate(groups):
        others = [file for k, group in enumerate(groups) if k != number for file in group]
        found = search(others, start, trials=trials, seed=seed, jobs=jobs, known=known)
        tallies = [
            total(one, held)
            for one in score([dict(start), defaults, found.settings], held, jobs, known)
        ]
        for sum_, tally in zip(sums, tallies, strict=True):
            sum_.merge(tally)
        people = sorted({load(file).group for file in held})
        done.append(Fold(people, found.adopted, *tallies))
        say(f"{number + 1} of {len(groups)}: without {', '.join(people)} {found.adopted} hold")
    return HeldOut(done, *sums)
