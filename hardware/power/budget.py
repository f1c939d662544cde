"""Power budget: from currents per state to hours of walking and days of standby.

    python -m hardware.power.budget [FOLDER]

writes power_budget.md (tables) and power_budget.svg/.png (plot) into FOLDER, by default
hardware/generated. The states are those of firmware/heelcue/power.py; the currents and where they
come from are in currents.csv. Currents in mA at the cell, charge in mAh, times in h.
"""

import csv
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CURRENTS = Path(__file__).with_name("currents.csv")
GENERATED = Path(__file__).parents[1] / "generated"
STATES = ("walk", "stand", "cue", "sleep", "off")
LEDS = "Power LEDs of both breakouts"

# Down to 3.3 V at the cell the regulator still gives 3.1 V; below, the firmware switches off. The
# share of the charge above that, with some ageing:
USABLE = 0.85
SELF_DISCHARGE_PER_MONTH = 0.03  # usual for LiPo at room temperature, protection circuit included
HOURS_PER_MONTH = 730.0
STRIDE_S = 1.1  # one foot, comfortable walking
PULSE_S = 0.15  # firmware's default pulse; a test holds it to the settings


@dataclass(frozen=True)
class Device:
    """A thing with a battery: which rows of currents.csv, how much charge."""

    name: str
    rows: str
    charge_mah: float
    leds: bool = True


DEVICES = (
    Device("a: XIAO ESP32-C3, 400 mAh, LEDs removed", "xiao_esp32c3", 400, leds=False),
    Device("a: XIAO ESP32-C3, 400 mAh, as bought", "xiao_esp32c3", 400),
    Device("a: XIAO ESP32-C3, 250 mAh, LEDs removed", "xiao_esp32c3", 250, leds=False),
    Device("a: XIAO ESP32-C3, 250 mAh, as bought", "xiao_esp32c3", 250),
    Device("a: XIAO ESP32-S3, 400 mAh, LEDs removed", "xiao_esp32s3", 400, leds=False),
    Device("a: XIAO ESP32-S3, 250 mAh, LEDs removed", "xiao_esp32s3", 250, leds=False),
    Device("b: M5StickC Plus2, its 200 mAh", "m5stickc_plus2", 200),
)


@dataclass(frozen=True)
class Result:
    """What a device's battery gives."""

    device: Device
    current_ma: Mapping[str, float]  # per state
    walking_ma: float  # mean, with a cue on every stride
    walking_h: float
    standby_h: float


def load_currents(path: Path = CURRENTS) -> dict[str, list[dict[str, str]]]:
    """Rows of currents.csv by device. Raises ValueError naming line and column."""
    devices: dict[str, list[dict[str, str]]] = {}
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        for row in reader:
            for state in STATES:
                try:
                    ok = float(row[f"{state}_ma"]) >= 0
                except (ValueError, KeyError, TypeError):
                    ok = False
                if not ok:
                    raise ValueError(
                        f"{path}:{reader.line_num}: {state}_ma must be a number of mA, 0 or more"
                    )
            if not row["source"]:
                raise ValueError(f"{path}:{reader.line_num}: a current needs its source")
            devices.setdefault(row["device"], []).append(row)
    return devices


def budget(device: Device, currents: Mapping[str, list[dict[str, str]]]) -> Result:
    """Hours of one device."""
    rows = [r for r in currents[device.rows] if device.leds or r["part"] != LEDS]
    total = {state: sum(float(r[f"{state}_ma"]) for r in rows) for state in STATES}
    share = PULSE_S / STRIDE_S
    walking = total["walk"] + share * (total["cue"] - total["walk"])
    usable = device.charge_mah * USABLE
    leak_ma = device.charge_mah * SELF_DISCHARGE_PER_MONTH / HOURS_PER_MONTH
    return Result(
        device, total, walking, usable / (walking + leak_ma), usable / (total["sleep"] + leak_ma)
    )


def tables(results: list[Result], currents: Mapping[str, list[dict[str, str]]]) -> str:
    """The tables of power_budget.md."""
    lines = [
        "# Power budget",
        "",
        "Made by `hardware/power/budget.py` from `hardware/power/currents.csv`; don't edit.",
        f"Walking is with a cue of {PULSE_S * 1000:.0f} ms on every stride ({STRIDE_S} s);"
        f" {USABLE:.0%} of the charge counts as usable.",
        "",
        "| device | " + " | ".join(f"{s} mA" for s in STATES) + " | walking mean mA | walking h |"
        " standby days |",
        "|---|" + "---:|" * (len(STATES) + 3),
    ]
    for r in results:
        cells = [f"{r.current_ma[s]:.3g}" for s in STATES]
        cells += [f"{r.walking_ma:.1f}", f"{r.walking_h:.1f}", f"{r.standby_h / 24:.0f}"]
        lines.append(f"| {r.device.name} | " + " | ".join(cells) + " |")
    lines += ["", "## Where the currents come from", ""]
    lines += ["| device | part | " + " | ".join(STATES) + " | source | checked? |"]
    lines += ["|---|---|" + "---:|" * len(STATES) + "---|---|"]
    for name, rows in currents.items():
        for row in rows:
            cells = [row[f"{s}_ma"] for s in STATES]
            lines.append(
                f"| {name} | {row['part']} | "
                + " | ".join(cells)
                + f" | {row['source']} | {row['checked']} |"
            )
    return "\n".join(lines) + "\n"


def plot(results: list[Result], folder: Path) -> None:
    """Two bar charts: hours of walking, days of standby (logarithmic)."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "heelcue"
    matplotlib.rcParams["font.family"] = "DejaVu Sans"
    from matplotlib import pyplot as plt

    names = [r.device.name for r in results][::-1]
    colours = ["#e8772e" if r.device.name[0] == "a" else "#4285be" for r in results][::-1]
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
    for axes, values, title, label in (
        (left, [r.walking_h for r in results][::-1], "Walking, a cue every stride", "hours"),
        (right, [r.standby_h / 24 for r in results][::-1], "Asleep, waiting for motion", "days"),
    ):
        bars = axes.barh(names if axes is left else range(len(names)), values, color=colours)
        axes.bar_label(bars, [f"{v:.0f}" for v in values], padding=4)
        axes.set_title(title)
        axes.set_xlabel(label)
        axes.spines[["top", "right"]].set_visible(False)
        axes.margins(x=0.15)
    right.set_xscale("log")
    right.set_xlim(1, 700)
    right.set_yticks([])
    figure.savefig(folder / "power_budget.svg", metadata={"Date": None, "Creator": None})
    figure.savefig(folder / "power_budget.png", dpi=110, metadata={"Software": None})
    plt.close(figure)


def results_of(path: Path = CURRENTS) -> tuple[list[Result], dict[str, list[dict[str, str]]]]:
    """Budgets of all devices, and the currents they rest on."""
    currents = load_currents(path)
    return [budget(device, currents) for device in DEVICES], currents


def main(folder: Path = GENERATED) -> None:
    """Write tables and plot."""
    results, currents = results_of()
    (folder / "power_budget.md").write_text(tables(results, currents), encoding="utf-8")
    plot(results, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else GENERATED)
