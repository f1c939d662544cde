"""The report as HTML: one self-contained file per walk, and one for the weeks.

No script, no font, no address outside the file. Two columns on a desktop, one on a phone, black on
white on paper.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from host_tools.device.report_plots import Picture
from host_tools.device.walks import Walk

STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1180px; padding: 16px; color: #1b1b1b; background: #fff;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0.2em 0; }
h2 { font-size: 1.15rem; margin: 1.6em 0 0.4em; }
p { margin: 0.4em 0; max-width: 46em; }
a { color: #00518a; }
.lead { font-size: 1.06rem; }
.numbers { display: grid; grid-template-columns: repeat(4, 1fr); gap: 10px; margin: 14px 0;
  padding: 0; list-style: none; }
.numbers li { border: 1px solid #d4d4d4; border-radius: 8px; padding: 8px 12px; }
.numbers b { display: block; font-size: 1.4rem; line-height: 1.2; }
.numbers span { font-size: 0.88rem; color: #444; }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr));
  gap: 18px; }
figure { margin: 0; break-inside: avoid; }
figure h3 { font-size: 1rem; margin: 0 0 4px; }
figure img { width: 100%; height: auto; display: block; }
figcaption { font-size: 0.9rem; color: #333; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.92rem; min-width: 100%; }
th, td { text-align: right; padding: 5px 10px; border-bottom: 1px solid #ddd; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
.note { border-left: 4px solid #E69F00; padding: 4px 12px; background: #fff8e8; }
footer { margin-top: 2em; font-size: 0.85rem; color: #444; border-top: 1px solid #ddd; }
th { white-space: normal; vertical-align: bottom; }
@media (max-width: 640px) { .numbers { grid-template-columns: 1fr 1fr; }
  table { font-size: 0.8rem; } th, td { padding: 5px 4px; }
  td:first-child { white-space: normal; }
  .index :is(th, td):is(:nth-child(5), :nth-child(7)) { display: none; } }
@media print { body { max-width: none; padding: 0; font-size: 11pt; }
  .pictures { grid-template-columns: 1fr 1fr; } a { color: inherit; } }
"""

BY_THIS_SENSOR = (
    "Compare these figures with those of your own walks, not with tables. Toe-off is told when the "
    "foot is tipped furthest, 50 to 70 ms after the toes have left the ground, and landing some "
    "30 ms early: stance reads about 8 % of the stride longer than a force plate has it, push-off "
    "longer too, swing shorter. Heel-offs are those that the device saw, and each is late by a few "
    "ms more or less, which adds to the variability. A cue is felt one motor spin-up after the "
    "motor is switched on; its aim is heel-off, or lead_ms before it."
)
HONEST = (
    "Heelcue is no medical device. The figures describe how this foot moved as the sensor felt it; "
    "what is good for you they do not tell."
)


def _page(title: str, body: str) -> bytes:
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<link rel="icon" href="data:,">\n'
        f"<title>{html.escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"{body}\n<footer><p>{HONEST}</p></footer>\n</body>\n</html>\n"
    ).encode()


def _pictures(pictures: Sequence[Picture]) -> str:
    parts = []
    for picture in pictures:
        data = base64.b64encode(picture.svg).decode()
        alt = html.escape(f"{picture.title}. {picture.caption}".strip())
        caption = (
            f"<figcaption>{html.escape(picture.caption)}</figcaption>" if picture.caption else ""
        )
        parts.append(
            f"<figure><h3>{html.escape(picture.title)}</h3>"
            f'<img alt="{alt}" src="data:image/svg+xml;base64,{data}">{caption}</figure>'
        )
    return f'<div class="pictures">{"".join(parts)}</div>'


def shown(value: float | None, form: str, factor: float = 1.0) -> str:
    """Format a figure, or a dash for none."""
    return "–" if value is None else format(value * factor, form)


def date_of(began: datetime | None, number: int) -> str:
    """Name a walk by its date; by number when the board's clock was never set."""
    if began is None:
        return f"Walk {number}, date unknown"
    return f"{began:%A}, {began.day} {began:%B %Y}, {began:%H:%M}"


def _numbers(figures: dict[str, Any]) -> str:
    cells = [
        (_minutes(figures["minutes"]) + " min", "walked"),
        (f"{figures['strides']}", "strides of this foot"),
        (shown(figures["cadence_spm"], ".0f"), "steps per minute"),
        (shown(figures["stride_variability_pct"], ".1f") + " %", "stride time varies by"),
        (shown(figures["push_off_ms"], ".0f") + " ms", "push-off"),
        (shown(figures["stance_pct"], ".0f") + " %", "stance, by this sensor"),
        (shown(figures["predicted"], ".0f", 100) + " %", "strides with a predicted cue"),
        (
            shown(figures["cue_within_50_ms"], ".0f", 100) + " %",
            "of cues felt within 50 ms of aim",
        ),
    ]
    items = "".join(
        f"<li><b>{html.escape(number)}</b><span>{html.escape(text)}</span></li>"
        for number, text in cells
    )
    return f'<ul class="numbers">{items}</ul>'


def _minutes(minutes: float) -> str:
    return f"{minutes:.0f}" if round(minutes) else "< 1"


def _duration(minutes: float) -> str:
    whole = round(minutes)
    return "less than a minute" if not whole else f"{whole} minute{'' if whole == 1 else 's'}"


def in_words(figures: dict[str, Any]) -> str:
    """Tell the walk in two sentences."""
    cued = figures["predicted"] + figures["reactive"]
    first = (
        f"You walked {_duration(figures['minutes'])} and took {figures['strides']} "
        f"strides with this foot, at {shown(figures['cadence_spm'], '.0f')} steps per minute."
    )
    if cued < 0.005:
        return f"{first} No stride was cued."
    second = f" {100 * cued:.0f} % of the strides were cued"
    if figures["cue_median_ms"] is not None:
        when = figures["cue_median_ms"]
        side = "after" if when >= 0 else "before"
        away = f"{abs(when):.0f} ms {side}" if round(when) else "at"
        second += f"; a typical cue was sent {away} heel-off"
    return first + second + "."


def walk_page(walk: Walk, number: int, figures: dict[str, Any], pictures: list[Picture]) -> bytes:
    """Return the page of one walk."""
    title = date_of(walk.began, number)
    notes = ""
    if walk.began is None:
        notes += (
            '<p class="note">The board\'s clock was not set on this walk. "heelcue report" and '
            '"heelcue monitor" set it whenever the board is plugged in.</p>'
        )
    for at_s, text in walk.faults[:8]:
        minute = (at_s - walk.start_s) / 60
        notes += f'<p class="note">Minute {minute:.0f}: {html.escape(text)}</p>'
    rows = [
        ("Stride time", shown(figures["stride_s"], ".2f") + " s"),
        ("Swing", shown(figures["swing_ms"], ".0f") + " ms"),
        ("Heel down", shown(figures["heel_down_ms"], ".0f") + " ms"),
        ("Push-off, variability", shown(figures["push_off_variability_pct"], ".1f") + " %"),
        ("Greatest heel-up rate", shown(figures["peak_dps"], ".0f") + " °/s"),
        ("Strides with a reaction", shown(figures["reactive"], ".0f", 100) + " %"),
        ("Strides without a cue", shown(figures["missed"], ".0f", 100) + " %"),
        ("Cues for strides that never came", str(figures["false_cues"])),
        ("Predicted cues, median", shown(figures["predicted_median_ms"], "+.0f") + " ms"),
        ("Reactions, median", shown(figures["reactive_median_ms"], "+.0f") + " ms"),
        ("Sample read to motor, median", shown(figures["latency_median_ms"], ".1f") + " ms"),
        ("Sample read to motor, 95 %", shown(figures["latency_p95_ms"], ".1f") + " ms"),
    ]
    about = walk.about
    table = "".join(f"<tr><td>{html.escape(a)}</td><td>{html.escape(b)}</td></tr>" for a, b in rows)
    changed = ", ".join(f"{key} {value}" for key, value in (about.get("settings") or {}).items())
    return _page(
        f"Heelcue: {title}",
        f'<p><a href="index.html">All walks</a></p><h1>{html.escape(title)}</h1>'
        f'<p class="lead">{html.escape(in_words(figures))}</p>{notes}{_numbers(figures)}'
        f"{_pictures(pictures)}<h2>More figures</h2>"
        f'<div class="wide"><table>{table}</table></div><p>{BY_THIS_SENSOR}</p>'
        f"<p>Heelcue {html.escape(str(about.get('fw', '?')))} on "
        f"{html.escape(str(about.get('board', '?')))}, IMU {html.escape(str(about.get('imu')))}. "
        f"Settings beside the defaults: {html.escape(changed or 'none')}.</p>",
    )


def index_page(
    rows: Sequence[tuple[str, datetime | None, dict[str, Any]]], pictures: list[Picture]
) -> bytes:
    """Return the page of all walks: (file of the walk's page, began, figures), oldest first."""
    cells = []
    for number, (file, began, figures) in enumerate(rows, start=1):
        name = f"{began:%Y-%m-%d %H:%M}" if began else f"walk {number}"
        values = (
            _minutes(figures["minutes"]),
            str(figures["strides"]),
            shown(figures["cadence_spm"], ".0f"),
            shown(figures["stride_variability_pct"], ".1f"),
            shown(figures["push_off_ms"], ".0f"),
            shown(figures["predicted"], ".0f", 100),
            shown(figures["cue_within_50_ms"], ".0f", 100),
        )
        cells.append(
            f'<tr><td><a href="{html.escape(file)}">{name}</a></td>'
            + "".join(f"<td>{value}</td>" for value in values)
            + "</tr>"
        )
    heads = (
        "walk", "min", "strides", "steps/min", "variability %", "push-off ms", "predicted %",
        "within 50 ms %",
    )  # fmt: skip
    head = "".join(f"<th>{text}</th>" for text in heads)
    trend = (
        f"<h2>Over time</h2>{_pictures(pictures)}"
        if pictures
        else "<p>A trend appears with the second walk.</p>"
    )
    total = _duration(sum(figures["minutes"] for _, _, figures in rows))
    walks = f"{len(rows)} walk{'' if len(rows) == 1 else 's'}"
    return _page(
        "Heelcue: all walks",
        f'<h1>All walks</h1><p class="lead">{walks}, {total}.</p>'
        f'<div class="wide"><table class="index"><tr>{head}</tr>{"".join(cells)}</table></div>'
        f"{trend}",
    )
