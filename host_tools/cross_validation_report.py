"""Cross-validation as tables on the terminal and as JSON."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from host_tools.constants import FACTORS
from host_tools.cross_validation import (
    LATER_MS,
    LEAST_GAIN,
    MOST_TRIED,
    Constant,
    CrossValidation,
    Fold,
)
from host_tools.scoring import Tally
from host_tools.tables import beside, console, table_of


def _signed(f1_change: float) -> str:
    return f"{round(f1_change, 4) + 0.0:+.4f}"  # never -0.0000


def _worth(found: CrossValidation, constant: Constant) -> float:
    """Return how much F1 depends on a constant, either way."""
    return max((abs(found.f1_changes[one]) for one in constant.changes()), default=0.0)


def by_worth(found: CrossValidation) -> list[Constant]:
    """Return the constants, those on which most depends first."""
    return sorted(found.constants, key=lambda one: -_worth(found, one))


def constants_table(found: CrossValidation) -> Table:
    """Show each constant: its value, what the folds chose, what each alternative is worth."""
    table = table_of(
        f"Constants for {found.aim.what}: F1 gained or lost over all recordings, one at a time",
        ["constant", "unit", "value", "folds chose",
         *(f"{100 * (factor - 1):+.0f} %" for factor in FACTORS)],
    )  # fmt: skip
    for one in by_worth(found):
        chosen = found.chosen(one)
        cells = []
        for factor in FACTORS:
            other = one.others.get(factor)
            cells.append(
                "-" if other is None else f"{other}:{_signed(found.f1_changes[(one.name, other),])}"
            )
        others = [f"{chosen.count(value)}x{value}" for value in sorted({*chosen} - {one.value})]
        table.add_row(
            one.name,
            one.unit,
            f"{one.value}",
            " ".join(others) or "same",
            *cells,
        )
    return table


def held_out_table(found: CrossValidation) -> Table:
    """Show each fold's people with constants chosen without them, beside the present ones."""
    table = table_of(
        f"{found.aim.what.capitalize()} of people held out | the same, constants as they are",
        ["fold", "people", "changed", "F1", "as is", "F1 lost", "false /10 min", "as is",
         "median ms", "as is", "p95 ms", "as is"],
    )  # fmt: skip
    for number, fold in enumerate(found.folds, start=1):
        _add(table, f"{number}", len(fold.people), len(fold.changes), fold.held_out, fold.as_is)
    people = sum(len(fold.people) for fold in found.folds)
    _add(table, "ALL", people, None, found.held_out, found.as_is)
    return table


def _add(
    table: Table, name: str, people: int, changed: int | None, held_out: Tally, as_is: Tally
) -> None:
    row, other = held_out.figures(), as_is.figures()
    cells = beside(row, other)
    cells.insert(2, _signed(other["f1"] - row["f1"]))
    table.add_row(name, f"{people}", "" if changed is None else f"{changed}", *cells)


def _told(fold: Fold) -> str:
    if not fold.changes:
        return "nothing changed"
    changes = ", ".join(f"{name} {value}" for name, value in fold.changes)
    return f"{changes} (F1 {_signed(fold.trained_gain)} there)"


def print_validation(found: CrossValidation) -> None:
    """Print what cross-validation found for one aim."""
    out = console()
    out.print(constants_table(found))
    out.print(
        f"Per fold, on the other folds' people: the {MOST_TRIED} changes that gain most there, one "
        f"beside the other, each kept if it gains {LEAST_GAIN} of F1 or more and p95 comes no more "
        f"than {LATER_MS} ms later than now.",
        highlight=False,
    )
    for number, fold in enumerate(found.folds, start=1):
        out.print(f"Without fold {number}: {_told(fold)}", highlight=False)
    out.print()
    out.print(held_out_table(found))
    people = sum(len(fold.people) for fold in found.folds)
    out.print(
        f"F1 for {found.aim.what}, {people} people: {found.as_is.f1:.4f} as it is, "
        f"{found.held_out.f1:.4f} held out. Optimism: {_signed(found.optimism_f1)}, at the "
        "least, for the rules and the values to begin from have seen everybody.",
        highlight=False,
    )


def validation_json(found: CrossValidation) -> dict[str, Any]:
    """Return all of it for a script; README.md says what each key is."""
    return {
        "constants": {
            one.name: {
                "unit": one.unit,
                "value": one.value,
                "chosen": found.chosen(one),
                "f1_changes": {
                    str(other): found.f1_changes[(one.name, other),]
                    for other in one.others.values()
                },
            }
            for one in found.constants
        },
        "folds": [
            {
                "people_held_out": fold.people,
                "changes": dict(fold.changes),
                "trained_f1_gain": fold.trained_gain,
                "held_out": fold.held_out.figures(),
                "as_is": fold.as_is.figures(),
            }
            for fold in found.folds
        ],
        "held_out": found.held_out.figures(),
        "as_is": found.as_is.figures(),
        "optimism_f1": found.optimism_f1,
    }
