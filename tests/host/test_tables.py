"""Tables of figures on terminals of any width."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from host_tools.evaluate_report import histogram_lines
from host_tools.tables import console, table_of

COLUMNS = ["set/group", "strides", "recall", "false /10 min", "median ms", "p95 ms", "50 ms %"]
ROWS = [
    ["walks of mine/healthy", "8853", "0.9901", "0.83", "+14", "+42", "97"],
    ["ALL/ALL", "12151", "0.9902", "0.84", "+15", "+43", "96"],
]


def printed(width: int) -> list[str]:
    """Return the lines of the table on a terminal of so many columns."""
    table = table_of("Heel-off (replay, cold start)", COLUMNS)
    for row in ROWS:
        table.add_row(*row)
    out = Console(file=io.StringIO(), width=width)
    out.print(table)
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue().splitlines()


@pytest.mark.parametrize("width", range(40, 140))
def test_no_figure_is_cut_off_however_narrow_the_terminal(width: int) -> None:
    lines = printed(width)
    assert all(len(line) <= width for line in lines)
    assert not any("…" in line for line in lines)
    words = " ".join(lines).split()
    assert all(word in words for row in ROWS for text in row for word in text.split())
    headings = [word for column in COLUMNS[1:] for word in column.split()]
    assert all(word in words for word in headings)


def test_every_part_names_its_rows_and_a_wide_terminal_has_one_part() -> None:
    assert sum("ALL/ALL" in line for line in printed(140)) == 1
    folded = [line for line in printed(40) if "ALL/ALL" in line]
    assert len(folded) > 1 and "12151" in folded[0] and "96" in folded[-1]


@pytest.mark.parametrize("name", ["walks [old]", "a[/b]c", ":smile:", "walk[1]"])
def test_names_are_printed_as_they_are(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Square brackets were taken for styles: swallowed, or an error."""
    table = table_of(name, COLUMNS)
    table.add_row(name, *ROWS[0][1:])
    console().print(table)
    assert capsys.readouterr().out.count(name) == 2


def test_the_histogram_fits_a_narrow_terminal() -> None:
    for width in (40, 80):
        assert all(len(line) <= width for line in histogram_lines([0.0] * 12151 + [20.0], width))
