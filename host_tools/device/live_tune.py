"""`heelcue tune --live`: sliders for the feel, each change sent at once and felt at once."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass
from typing import Any, ClassVar

from heelcue import settings as schema
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Footer, Header, Static

from host_tools.device.console import Console, open_console
from host_tools.device.settings_command import send
from host_tools.errors import HeelcueError

BAR_CELLS = 40
SETTLE_S = 0.15  # a key that repeats is sent once it rests


@dataclass(frozen=True)
class Slide:
    """One slider: what it is called, its range, and how it is a setting."""

    key: str
    title: str
    least: int
    greatest: int
    step: int
    unit: str
    buzzes: bool


def slides() -> list[Slide]:
    """Return the sliders this firmware has; ranges from its schema."""
    wanted = (
        ("strength_pct", "strength", 5, "%", True),
        ("pulse_ms", "pulse", 10, "ms", True),
        ("lead_ms", "lead", 10, "ms", False),
        ("heel_off_rate_dps", "threshold (lower is more sensitive)", 1, "deg/s", False),
    )
    found = []
    for key, title, step, unit, buzzes in wanted:
        if key in schema.SCHEMA:
            _, least, greatest = schema.SCHEMA[key]
            found.append(Slide(key, title, least, greatest, step, unit, buzzes))
    return found


class Slider(Static, can_focus=True):
    """A bar that the arrow keys move."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move(-1)", "less"),
        Binding("right", "move(1)", "more"),
    ]

    class Moved(Message):
        """The value has changed."""

        def __init__(self, slide: Slide, value: int) -> None:
            super().__init__()
            self.slide = slide
            self.value = value

    def __init__(self, slide: Slide, value: int) -> None:
        super().__init__(id=slide.key)
        self.slide = slide
        self.value = value

    def render(self) -> str:
        """Draw title, bar and value."""
        slide = self.slide
        filled = round((self.value - slide.least) / (slide.greatest - slide.least) * BAR_CELLS)
        mark = ">" if self.has_focus else " "
        return (
            f"{mark} {slide.title:36s} {'█' * filled}{'░' * (BAR_CELLS - filled)} "
            f"{self.value} {slide.unit}"
        )

    def action_move(self, direction: int) -> None:
        """Take one step."""
        slide = self.slide
        value = min(slide.greatest, max(slide.least, self.value + direction * slide.step))
        if value != self.value:
            self.value = value
            self.refresh()
            self.post_message(self.Moved(slide, value))

    def on_focus(self) -> None:
        """Show the mark."""
        self.refresh()

    def on_blur(self) -> None:
        """Hide the mark."""
        self.refresh()


class LiveTune(App[str]):
    """The sliders of one board."""

    TITLE = "heelcue tune --live"
    CSS = "Vertical { padding: 1 2; } Slider { height: 2; } #said { color: $text-muted; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "app.focus_previous", "previous"),
        Binding("down", "app.focus_next", "next"),
        Binding("b", "buzz", "buzz"),
        Binding("s", "save", "save"),
        Binding("q", "leave", "leave"),
        Binding("ctrl+c,ctrl+q,ctrl+d", "leave", "leave", show=False, priority=True),
    ]

    def __init__(self, console: Console) -> None:
        super().__init__()
        self.console_ = console
        self.values: dict[str, Any] = console.request("get")["settings"]
        self.saved = dict(self.values)
        self._waiting: dict[str, Slider.Moved] = {}

    def compose(self) -> ComposeResult:
        """Lay the sliders out."""
        yield Header()
        with Vertical():
            for slide in slides():
                if slide.key in self.values:
                    yield Slider(slide, int(self.values[slide.key]))
            yield Static("Arrow keys move; each change holds at once, s keeps it.", id="said")
        yield Footer()

    def on_mount(self) -> None:
        """Watch for sliders that have come to rest."""
        self.set_interval(SETTLE_S, self._send_waiting)

    def say(self, sentence: str) -> None:
        """Show a sentence below the sliders."""
        self.query_one("#said", Static).update(sentence)

    def on_slider_moved(self, moved: Slider.Moved) -> None:
        """Remember what is to be sent."""
        self._waiting[moved.slide.key] = moved

    def _send_waiting(self) -> None:
        while self._waiting:
            key, moved = self._waiting.popitem()
            try:
                send(self.console_, {key: moved.value}, save=False)
                self.values[key] = moved.value
                if moved.slide.buzzes:
                    self.console_.request("buzz")
                self.say(f"{key} = {moved.value} holds.")
            except HeelcueError as error:
                self.exit(str(error))

    def action_buzz(self) -> None:
        """Play a test buzz."""
        try:
            self.console_.request("buzz")
        except HeelcueError as error:
            self.exit(str(error))

    def action_save(self) -> None:
        """Keep the values on the board."""
        self._send_waiting()
        try:
            send(self.console_, self.values, save=True)
        except HeelcueError as error:
            self.exit(str(error))
            return
        self.saved = dict(self.values)
        self.say("Saved on the board.")

    def action_leave(self) -> None:
        """Leave."""
        self.exit("")

    def take_back(self) -> None:
        """Bring the board back to what was saved. Raises HeelcueError if it does not answer."""
        send(self.console_, self.saved, save=False)


def run_live(port: str | None) -> int:
    """Show the sliders until the wearer leaves; what was not saved is then taken back."""
    with open_console(port) as console:
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise HeelcueError(
                "--live shows sliders and needs a terminal; 'heelcue settings set' does without", 2
            )
        app = LiveTune(console)
        try:
            trouble = app.run()
        finally:  # also where the terminal was closed, or the process asked to end
            with contextlib.suppress(HeelcueError):
                app.take_back()
    if trouble:
        raise HeelcueError(trouble)
    return 0
