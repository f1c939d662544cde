"""`heelcue tune`: thresholds from one's own walks, or by feel with the board buzzing."""

from __future__ import annotations

import json
from math import isinf
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from host_tools.device.options import AS_JSON, PORT, say
from host_tools.options import JOBS
from host_tools.words import count_of

if TYPE_CHECKING:
    from host_tools.device.tune import Found


def tune(
    recordings: list[Path] = typer.Argument(
        None, metavar="FILES|DIR...", help="Recordings, labelled or not."
    ),
    out: Path = typer.Option(Path("tuned.json"), metavar="FILE", help="Settings file to write."),
    settings: Path | None = typer.Option(
        None, metavar="FILE", help="Settings to begin with [default: the defaults]."
    ),
    trials: int = typer.Option(60, min=4, help="Candidates to try."),
    seed: int = typer.Option(0, help="Same seed, same search."),
    plot: Path | None = typer.Option(None, metavar="FILE", help="Picture of before and after."),
    apply: bool = typer.Option(False, "--apply", help="Send the result to the board and save it."),
    held_out: bool = typer.Option(
        False,
        "--held-out",
        help="Only show what this does for people it has not seen: leave each out in turn, tune on "
        "the others. Ends with 1 when that is worse than the defaults.",
    ),
    live: bool = typer.Option(False, "--live", help="Sliders, with the board buzzing."),
    port: str | None = PORT,
    jobs: int = JOBS,
    as_json: bool = AS_JSON,
) -> int:
    """Fit the detection thresholds to recorded walks.

    Recordings without labels get those of the offline labeller. Candidates are scored by the
    device's own detector; what is proposed has been checked on recordings that were held out
    (other people's, or other walks of the same person). Where nothing beats what you have by more
    than chance, the defaults stay, or settings of yours that beat those.

    \b
    Examples:
      heelcue tune walks/
      heelcue tune walks/ --apply --plot before-after.png
      heelcue tune walks/ --held-out
      heelcue tune --live
    """
    from host_tools.errors import HeelcueError

    if live:
        from host_tools.device.live_tune import run_live

        return run_live(port)
    if not recordings:
        raise HeelcueError("give recordings: heelcue tune walks/ (or --live)", 2)
    from host_tools.device.ports import choose_port
    from host_tools.device.tune import search
    from host_tools.files import check_output, write_whole
    from host_tools.find import find_recordings
    from host_tools.settings_file import load_settings

    start = load_settings(settings)
    if apply:
        port = choose_port(port)  # a board that isn't there shows now, not after the search
    if not held_out:
        check_output(out, ".json")
        if plot is not None:
            check_output(plot, ".png")
    files = list(find_recordings(recordings).values())
    _check_all(files)
    if held_out:
        return _show_held_out(files, start, trials, seed, jobs, as_json)
    found = search(files, start, trials=trials, seed=seed, jobs=jobs, say=say)
    from heelcue import settings as schema

    write_whole(out, (json.dumps(schema.changed(found.settings), indent=1) + "\n").encode())
    if plot is not None:
        from host_tools.device.tune_plot import before_and_after

        write_whole(plot, before_and_after(found))
    sent: list[str] | None = None
    if apply:
        from host_tools.device.console import open_console
        from host_tools.device.settings_command import send

        with open_console(port) as console:
            sent = send(console, found.settings, save=True)
    _tell(found, start, out, sent, as_json)
    return 0


def _tell(
    found: Found, start: dict[str, Any], out: Path, sent: list[str] | None, as_json: bool
) -> None:
    """Print what was found; sent: the keys that the board was given, None without --apply."""
    from host_tools.device.tune import worth

    rows = {
        "start": found.start.figures(),
        "defaults": found.defaults.figures(),
        "held out": found.cross_validated.figures(),
        "result": found.tuned.figures(),
    }
    changed = {
        key: [start[key], value] for key, value in found.settings.items() if start[key] != value
    }
    if as_json:
        figures = {
            "file": str(out),
            "adopted": found.adopted,
            "changed": changed,
            "figures": rows,
            "worth": {"start": worth(found.start), "result": worth(found.tuned)},
            "gain": found.gain,
            "gain_error": None if isinf(found.gain_error) else found.gain_error,
            "cautions": found.cautions,
            "candidates": found.candidates,
            "groups": found.groups,
            "applied": sent,
        }
        print(json.dumps(figures))
        return
    _print_table(rows)
    _print_outcome(found, changed, out)
    if sent is not None:
        print(f"Sent to the board, saved and read back: {', '.join(sent) or 'nothing differed'}.")


def _check_all(files: list[Path]) -> None:
    """Name every recording that cannot be used, not the first only; raise if there is one."""
    from host_tools.batch import progress_bar
    from host_tools.device.tune_recordings import load
    from host_tools.errors import HeelcueError

    bad = 0
    with progress_bar(len(files), "read") as advance:
        for file in files:
            try:
                load(file)
            except HeelcueError as error:
                say(f"heelcue: {error}")
                bad += 1
            advance()
    if bad:
        raise HeelcueError(
            f"{bad} of {count_of(len(files), 'recording')} cannot be used; mend or remove them"
        )


def _show_held_out(
    files: list[Path], start: dict[str, Any], trials: int, seed: int, jobs: int, as_json: bool
) -> int:
    from host_tools.device.tune import NOISE_F1
    from host_tools.device.tune_held_out import hold_out

    held = hold_out(files, start, trials=trials, seed=seed, jobs=jobs, say=say)
    sums = {"start": held.start, "defaults": held.defaults, "result": held.tuned}
    rows = {name: tally.figures() for name, tally in sums.items()}
    folds = [
        {
            "people": fold.people,
            "adopted": fold.adopted,
            "f1": {name: getattr(fold, name).figures()["f1"] for name in ("defaults", "tuned")},
        }
        for fold in held.folds
    ]
    if as_json:
        change = {"change_f1": held.change_f1, "noise_f1": NOISE_F1, "worse": held.worse}
        print(json.dumps({"figures": rows, "folds": folds} | change))
        return int(held.worse)
    _print_table(rows)
    for fold in held.folds:
        before, after = (tally.figures()["f1"] for tally in (fold.defaults, fold.tuned))
        print(f"  without {', '.join(fold.people)}: {fold.adopted}, F1 there {after - before:+.4f}")
    verdict = "worse than the defaults" if held.worse else "no worse than the defaults"
    print(
        f"People held out: F1 {held.change_f1:+.4f} against the defaults, {verdict} "
        f"(noise is {NOISE_F1})."
    )
    return int(held.worse)


def _print_table(rows: dict[str, dict[str, Any]]) -> None:
    print(
        f"{'':10s} {'F1':>7s} {'recall':>7s} {'false/10min':>12s} {'median ms':>10s} {'p95 ms':>7s}"
    )
    for name, row in rows.items():
        median, p95 = (
            "-" if row[key] is None else f"{row[key]:+.0f}"
            for key in ("err_median_ms", "err_p95_ms")
        )
        print(
            f"{name:10s} {row['f1']:7.4f} {row['recall']:7.4f} {row['false_per_10min']:12.1f} "
            f"{median:>10s} {p95:>7s}"
        )


def _print_outcome(found: Found, changed: dict[str, Any], out: Path) -> None:
    gain = f"{found.gain:+.4f} +- {found.gain_error:.4f}"
    if isinf(found.gain_error):
        gain = "one recording leaves nothing to judge it by"
    if found.adopted == "tuned":
        print(f"Gain on held-out recordings: {gain} (F1, less lateness).")
    else:
        print(
            f"Nothing better than chance was found (gain on held-out recordings: {gain}); "
            f"the {'settings you began with' if found.adopted == 'start' else 'defaults'} stay."
        )
    for key, (before, after) in changed.items():
        print(f"  {key}: {before} -> {after}")
    held_out = f"; held out in turn: {found.groups}" if found.groups > 1 else ""
    print(f"Candidates tried: {found.candidates}{held_out}. Written to {out}.")
