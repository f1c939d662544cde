"""`heelcue generate`: walks and activities with known events."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from host_tools.errors import HeelcueError
from host_tools.options import JOBS, Side, as_options
from host_tools.words import count_of

if TYPE_CHECKING:
    from host_tools.generate.sensor import Mounting, Sensor
    from host_tools.generate.walk import Generated

app = typer.Typer(
    no_args_is_help=True,
    suggest_commands=False,  # Click does
    add_completion=False,
    help="""Generate walks and activities with known events.

    \b
    Examples:
      heelcue generate list
      heelcue generate walk -o walk.csv.gz --plot walk.png
      heelcue generate activity cycling -o cycling.csv.gz --duration 600
    """,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


OUT = typer.Option(
    ..., "--output", "-o", metavar="FILE|DIR", help="A .csv or .csv.gz file, or a folder."
)
COUNT = typer.Option(1, min=1, help="How many, with seeds from --seed on (-o is then a folder).")
SEED = typer.Option(0, min=0, help="Everything random follows from it.")
RATE = typer.Option(208.0, help="Samples per second (20-2000).")
MOUNTING = typer.Option(
    "random", help="'random', 'aligned', or 'ROLL,PITCH,YAW' in degrees (sensor to foot)."
)
NOISE = typer.Option(1.0, min=0.0, help="Factor on the MPU6050's noise.")
BIAS = typer.Option(2.0, min=0.0, help="Gyro zero offset in deg/s, in a random direction.")
DRIFT = typer.Option(0.2, min=0.0, help="Wandering of the gyro's offset, deg/s.")
SCALE = typer.Option(1.0, min=0.0, help="Scale error of each axis, up to so many percent.")
CLIP_G = typer.Option(16.0, help="Accelerometer range, g.")
CLIP_DPS = typer.Option(2000.0, help="Gyro range, deg/s.")
LOST = typer.Option(0.0, min=0.0, help="Stretches of lost samples per minute.")
PLOT = typer.Option(None, metavar="PNG", help="Also draw the signals with the events marked.")
JSON = typer.Option(False, "--json", help="Print what was written as JSON.")

# What the checks of walks and sensors call what is typed as ...
OPTIONS = {
    "duration_s": "--duration",
    "cadence_spm": "--cadence",
    "speed_mps": "--speed",
    "stride_m": "--stride-length",
    "variability": "--variability",
    "leg_m": "--leg",
    "stops_per_min": "--stops",
    "rate_hz": "--rate",
    "mounting": "--mounting",
    "gyro_noise_dps": "--noise",
    "acc_noise_mg": "--noise",
    "gyro_bias_dps": "--bias",
    "gyro_drift_dps_per_min": "--drift",
    "scale_error_pct": "--scale-error",
    "clip_g": "--clip-g",
    "clip_dps": "--clip-dps",
    "lost_per_min": "--lost",
}


@app.command()
def walk(
    output: Path = OUT,
    preset: str = typer.Option("healthy", help="Kind of gait; see `heelcue generate list`."),
    duration: float = typer.Option(60.0, metavar="S", help="Length in seconds."),
    cadence: float | None = typer.Option(None, help="Steps per minute, both feet."),
    speed: float | None = typer.Option(None, help="Walking speed, m/s."),
    stride_length: float | None = typer.Option(None, help="Stride length, m."),
    variability: float = typer.Option(1.0, help="Factor on the stride-to-stride variation."),
    course: str = typer.Option(
        "there_and_back", help="straight, there_and_back, loop or figure_eight."
    ),
    leg: float = typer.Option(10.0, metavar="M", help="Metres between U-turns, or loop radius."),
    stops: float = typer.Option(0.0, help="Stops per minute."),
    side: Side = typer.Option(Side.RIGHT, help="Which foot."),
    seed: int = SEED,
    count: int = COUNT,
    rate: float = RATE,
    mounting: str = MOUNTING,
    noise: float = NOISE,
    bias: float = BIAS,
    drift: float = DRIFT,
    scale_error: float = SCALE,
    clip_g: float = CLIP_G,
    clip_dps: float = CLIP_DPS,
    lost: float = LOST,
    plot: Path | None = PLOT,
    as_json: bool = JSON,
) -> None:
    """Generate walks: signals, and the times of heel-off, push-off peak, toe-off and contact.

    \b
    Examples:
      heelcue generate walk -o walk.csv.gz --plot walk.png
      heelcue generate walk -o walks --preset hemiparetic --count 20 --bias 20
      heelcue generate walk -o stairs.csv.gz --preset stairs_up --rate 104 --mounting 90,0,-30
    """
    from host_tools.generate.walk import Walk, generate_walk

    with _as_sentence():
        sensor = _sensor(rate, mounting, noise, bias, drift, scale_error, clip_g, clip_dps, lost)
        wanted = [
            Walk(
                preset=preset,
                duration_s=duration,
                seed=seed + k,
                cadence_spm=cadence,
                speed_mps=speed,
                stride_m=stride_length,
                variability=variability,
                course=course,
                leg_m=leg,
                stops_per_min=stops,
                side=side.value,
                sensor=sensor,
            )
            for k in range(count)
        ]
    _write((generate_walk(each) for each in wanted), count, duration, output, plot, as_json)


@app.command()
def activity(
    name: str = typer.Argument(..., metavar="NAME", help="An activity, or 'all' of them."),
    output: Path = OUT,
    duration: float = typer.Option(60.0, metavar="S", help="Length in seconds."),
    seed: int = SEED,
    count: int = COUNT,
    rate: float = RATE,
    mounting: str = MOUNTING,
    noise: float = NOISE,
    bias: float = BIAS,
    drift: float = DRIFT,
    scale_error: float = SCALE,
    clip_g: float = CLIP_G,
    clip_dps: float = CLIP_DPS,
    lost: float = LOST,
    plot: Path | None = PLOT,
    as_json: bool = JSON,
) -> None:
    """Generate what is not walking: no strides in it, so every cue is a false one.

    \b
    Examples:
      heelcue generate activity cycling -o cycling.csv.gz --duration 600
      heelcue generate activity all -o activities --duration 900 --count 2
    """
    from host_tools.generate.activities import ACTIVITIES, check_activity, generate_activity

    with _as_sentence():
        sensor = _sensor(rate, mounting, noise, bias, drift, scale_error, clip_g, clip_dps, lost)
        names = list(ACTIVITIES) if name == "all" else [name]
        check_activity(names[0], duration)
    made = (
        generate_activity(each, duration, seed + k, sensor) for each in names for k in range(count)
    )
    _write(made, count * len(names), duration, output, plot, as_json)


@app.command()
def day(
    output: Path = OUT,
    preset: str = typer.Option("healthy", help="Kind of gait; see `heelcue generate list`."),
    duration: float = typer.Option(1800.0, metavar="S", help="Length in seconds, about."),
    seed: int = SEED,
    count: int = COUNT,
    rate: float = RATE,
    mounting: str = MOUNTING,
    noise: float = NOISE,
    bias: float = BIAS,
    drift: float = DRIFT,
    scale_error: float = SCALE,
    clip_g: float = CLIP_G,
    clip_dps: float = CLIP_DPS,
    lost: float = LOST,
    plot: Path | None = PLOT,
    as_json: bool = JSON,
) -> None:
    """Generate part of a day: one person's walks, and sitting, cycling, driving ... in between.

    \b
    Example:
      heelcue generate day -o day.csv.gz --preset neurological --duration 3600 --bias 10
    """
    from host_tools.generate.day import check_day, generate_day

    with _as_sentence():
        sensor = _sensor(rate, mounting, noise, bias, drift, scale_error, clip_g, clip_dps, lost)
        check_day(duration, preset)
    made = (generate_day(duration, seed + k, preset, sensor) for k in range(count))
    _write(made, count, duration, output, plot, as_json)


@app.command("list")
def list_() -> None:
    """Print the kinds of gait and the activities.

    \b
    Example:
      heelcue generate list
    """
    from host_tools.generate.activities import ACTIVITIES
    from host_tools.generate.presets import PRESETS

    typer.echo("Kinds of gait (heelcue generate walk --preset NAME):")
    for name, foot in PRESETS.items():
        typer.echo(
            f"  {name:<18} stride {foot.stride_s:.2f} s, {foot.stride_m:.2f} m;"
            f" push-off {foot.push_off_peak_dps:.0f} deg/s"
        )
    typer.echo("\nActivities without a stride (heelcue generate activity NAME):")
    for name, entry in ACTIVITIES.items():
        typer.echo(f"  {name:<18} {entry.help}")


@app.command()
def compare(
    recordings: Path = typer.Argument(..., metavar="DIR", help="Labelled recordings."),
    people: int = typer.Option(30, min=1, help="Generated people of each kind."),
    every: int = typer.Option(1, min=1, help="Read only every n-th recording."),
    plot: Path | None = typer.Option(None, metavar="PNG", help="Also draw the comparison."),
    jobs: int = JOBS,
    as_json: bool = typer.Option(False, "--json", help="Print the table as JSON."),
) -> int:
    """Compare generated walks with recorded ones: medians and 5-95 % ranges, side by side.

    A recording that cannot be read is named on stderr and the others are compared.

    \b
    Example:
      heelcue generate compare ../shared/recordings --plot compare.png
    """
    from host_tools.batch import tell
    from host_tools.files import check_output
    from host_tools.generate.compare import GROUPS, of_generated, of_recordings, table

    if plot is not None:
        check_output(plot, ".png")
    recorded, faults = of_recordings(recordings, every, jobs)
    code = tell(faults)
    if not recorded:
        raise HeelcueError(f"{recordings}: no labelled strides of {', '.join(GROUPS.values())}")
    present = [preset for preset, group in GROUPS.items() if group in recorded]
    rows = table(of_generated(present, people), recorded)
    if plot is not None:
        from host_tools.generate.plot import plot_comparison

        plot_comparison(rows, plot)
    if as_json:
        typer.echo(json.dumps(rows))
        return code
    typer.echo(f"{'group':<13} {'figure':<29} {'generated: 5 / 50 / 95 %':>26}  recorded")
    for row in rows:
        made, real = (
            f"{q[0]:>7g} / {q[2]:>6g} / {q[4]:>6g}" for q in (row["generated"], row["recorded"])
        )
        typer.echo(f"{row['group']:<13} {row['figure']:<29} {made:>26}  {real}")
    return code


@contextmanager
def _as_sentence() -> Iterator[None]:
    """Turn a ValueError about a parameter into the command's error (exit code 2)."""
    try:
        yield
    except ValueError as error:
        raise HeelcueError(as_options(error, OPTIONS), exit_code=2) from None


def _sensor(
    rate: float,
    mounting: str,
    noise: float,
    bias: float,
    drift: float,
    scale_error: float,
    clip_g: float,
    clip_dps: float,
    lost: float,
) -> Sensor:
    from host_tools.generate.sensor import Sensor

    return Sensor(
        rate_hz=rate,
        mounting=_mounting(mounting),
        gyro_noise_dps=noise * Sensor.gyro_noise_dps,
        acc_noise_mg=noise * Sensor.acc_noise_mg,
        gyro_bias_dps=bias,
        gyro_drift_dps_per_min=drift,
        scale_error_pct=scale_error,
        clip_g=clip_g,
        clip_dps=clip_dps,
        lost_per_min=lost,
    )


def _mounting(text: str) -> Mounting:
    if "," not in text:
        return text
    try:
        roll, pitch, yaw = (float(part) for part in text.split(","))
    except ValueError:
        raise ValueError(
            f"--mounting is {text!r}; it must be 'random', 'aligned' or three angles in degrees"
            " such as 90,0,-30"
        ) from None
    return roll, pitch, yaw


def _write(
    made: Iterable[Generated],
    count: int,
    seconds: float,
    output: Path,
    plot: Path | None,
    as_json: bool,
) -> None:
    from host_tools.files import check_output
    from host_tools.generate.walk import check_generated
    from host_tools.recordings import name_of, sidecar_of

    if str(output) == "-":
        raise HeelcueError("a recording is two files and goes to no pipe; say -o NAME.csv", 2)
    if name_of(output) is None and output.suffix and not output.is_dir():
        raise HeelcueError(
            f"{output} ends in {output.suffix}; give a file that ends in .csv or .csv.gz, or a"
            " folder without a dot in its name",
            2,
        )
    if count > 1 and name_of(output) is not None:
        raise HeelcueError(f"{output} is one file; give a folder with -o for {count} recordings", 2)
    if plot is not None and count > 1:
        raise HeelcueError(f"--plot draws one recording, not {count}; leave it out", 2)
    check_output(output if name_of(output) is not None else output / "recording.csv")
    if name_of(output) is not None:
        check_output(sidecar_of(output))
        check_generated(output)
    if plot is not None:
        check_output(plot, ".png")
    slow = count * seconds > 900
    if slow:
        print(f"generating {count} of {seconds:g} s each", file=sys.stderr)
    rows: list[dict[str, object]] = []
    for each in made:
        file = each.save(output)
        if plot is not None:
            from host_tools.generate.plot import plot_generated

            plot_generated(each, plot)
        if slow and as_json:
            print(f"{len(rows) + 1} of {count} written", file=sys.stderr)
        rows.append(
            {
                "file": str(file),
                "duration_s": each.duration_s,
                "samples": len(each.t_s),
                "strides": len(each.strides),
            }
        )
        if not as_json:
            typer.echo(f"{file}: {each.duration_s:g} s, {count_of(len(each.strides), 'stride')}")
    if as_json:
        typer.echo(json.dumps(rows))
