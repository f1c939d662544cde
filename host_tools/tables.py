"""Tables of figures on the terminal, readable at any width."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Column, Table

PIPED_WIDTH = 140
BETWEEN = 3  # columns: a space left and right of each, and the line's own
EDGES = 2


def console() -> Console:
    """Return a console for tables: the terminal's width, or wide enough when piped.

    Names of people, groups and files are printed as they are, [square] brackets too.
    """
    found = Console(markup=False, emoji=False)
    return found if found.is_terminal else Console(width=PIPED_WIDTH, markup=False, emoji=False)


def percent(share: float | None, digits: int = 1) -> str:
    """Spell a share as per cent, the sign left to the heading; a dash for None."""
    return "-" if share is None else f"{100 * share:.{digits}f}"


def signed_ms(value: float | None) -> str:
    """Spell milliseconds with their sign; a dash for None."""
    return "-" if value is None else f"{value:+.0f}"


class FoldingTable(Table):
    """A table that goes on below itself where the terminal is too narrow for all its columns.

    Every part begins with the first column. Rich alone would cut the figures off.
    """

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it, in as many parts as it takes."""
        for number, columns in enumerate(self._parts(options.max_width)):
            title = self.title if number == 0 else None
            part = _table(Table, str(title) if title else None)
            widths = _widths(columns, options.max_width - EDGES)
            for column, width in zip(columns, widths, strict=True):
                part.add_column(
                    column.header, justify=column.justify, no_wrap=column.no_wrap, width=width
                )
            rows = zip(self.rows, *(column.cells for column in columns), strict=True)
            for row, *cells in rows:
                part.add_row(*cells, style=row.style)
            yield part

    def _parts(self, width: int) -> list[list[Column]]:
        first, *others = self.columns
        parts = [[first]]
        beside_first = left = width - EDGES - _least_width(first) - BETWEEN
        for column in others:
            need = _least_width(column) + BETWEEN
            if need > left and len(parts[-1]) > 1:
                parts.append([first])
                left = beside_first
            parts[-1].append(column)
            left -= need
        return parts


def _texts(column: Column) -> list[str]:
    return [str(column.header), *map(str, column.cells)]


def _least_width(column: Column) -> int:
    texts = _texts(column)
    pieces = texts if column.no_wrap else [word for text in texts for word in text.split()]
    return max(map(cell_len, pieces), default=0)


def _widths(columns: Sequence[Column], width: int) -> list[int]:
    """Return each column's width: what it must have, and what is left from the left on.

    Rich's own way squeezes the widest columns, whatever the words in them.
    """
    widths = [_least_width(column) for column in columns]
    spare = width - sum(widths) - BETWEEN * len(columns)
    for number, column in enumerate(columns):
        wanted = max(map(cell_len, _texts(column))) - widths[number]
        given = max(0, min(wanted, spare))
        widths[number] += given
        spare -= given
    return widths


def _table(kind: type[Table], title: str | None) -> Table:
    return kind(
        title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False
    )


def table_of(title: str, columns: Sequence[str]) -> Table:
    """Return an empty table: the first column names the row, the others are figures."""
    table = _table(FoldingTable, title)
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number == 0 else "right", no_wrap=number == 0)
    return table


def beside(row: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Return cells that compare two rows of heel-off figures, figure by figure."""
    return [
        f"{row['f1']:.4f}",
        f"{other['f1']:.4f}",
        f"{row['false_per_10min']:.2f}",
        f"{other['false_per_10min']:.2f}",
        signed_ms(row["err_median_ms"]),
        signed_ms(other["err_median_ms"]),
        signed_ms(row["err_p95_ms"]),
        signed_ms(other["err_p95_ms"]),
    ]
