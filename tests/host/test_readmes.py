"""What the README files tell people to follow and to type is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
import typer
from heelcue.haptics.patterns import PATTERNS

from host_tools.cli import COMMANDS, app
from tests.conftest import ROOT

LONG_MS = 200  # a pulse that is felt as a long one

READMES = sorted(
    path
    for folder in (".", "firmware", "hardware", "host_tools")
    for path in (ROOT / folder).glob("*.md" if folder == "." else "**/*.md")
)


def anchors(path: Path) -> set[str]:
    """Return what one can link to in a page, spelled as the host of the page spells it."""
    found = set()
    for heading in re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE):
        found.add(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-"))
    return found


@pytest.mark.parametrize("page", READMES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    for link in links:
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), f"{page}: {link}"
        assert not anchor or anchor in anchors(target), f"{page}: {link}"


def typed() -> list[tuple[str, str]]:
    """Return (page, command) for everything that begins with heelcue in code of a README."""
    found = []
    for page in READMES:
        text = page.read_text(encoding="utf-8")
        blocks = re.findall(r"```\n(.*?)```", text, re.DOTALL)
        lines = [line for block in blocks for line in block.splitlines()]
        code = lines + re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
        for command in code:
            if match := re.match(r"\s*(?:\.venv[\\/]\w+[\\/])?heelcue ([a-z].*)", command):
                found.append((str(page.relative_to(ROOT)), match[1]))
    return found


def test_every_command_that_is_told_exists_with_its_options() -> None:
    commands = typed()
    assert len(commands) > 30
    group = typer.main.get_command(app)
    for page, line in commands:
        words = shlex.split(line.replace("...", ""), comments=True)
        assert words[0] in COMMANDS, f"{page}: heelcue {line}"
        assert isinstance(group, click.Group)
        command = group.get_command(click.Context(group), words.pop(0))
        while isinstance(command, click.Group) and words and not words[0].startswith("-"):
            command = command.get_command(click.Context(command), words.pop(0))
            assert command is not None, f"{page}: heelcue {line}"
        assert command is not None
        known = {"--help", "-h"} | {name for one in command.params for name in one.opts}
        options = [word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)]
        assert set(options) <= known, f"{page}: heelcue {line}"


def test_what_the_button_says_is_what_the_motor_plays() -> None:
    def spelled(name: str) -> str:
        return " ".join("**long**" if ms >= LONG_MS else "short" for ms in PATTERNS[name][::3])

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"| mute, unmute | {spelled('muted')}; {spelled('on')} |" in readme
    assert f"| {spelled('record')} |" in readme and (
        f"| {spelled('off')}; {spelled('on')} |" in readme
    )
    assert f"Switch on ({spelled('on')} says" in readme
    assert f"it says {spelled('battery')}: charge me" in readme


@pytest.mark.parametrize(
    "folder",
    ["firmware/heelcue", "host_tools", "host_tools/device", "host_tools/generate",
     "host_tools/virtual_board"],
)  # fmt: skip
def test_every_module_is_named_where_its_folder_is_described(folder: str) -> None:
    pages = [ROOT / folder / "README.md"]
    if folder == "firmware/heelcue":
        pages.append(ROOT / "firmware/README.md")
    told = "".join(re.findall(r"`[^`\n]+`", "".join(p.read_text(encoding="utf-8") for p in pages)))
    modules = {path.stem for path in (ROOT / folder).glob("*.py")} - {"__init__"}
    assert modules
    assert {name for name in modules if not re.search(rf"[`/]{name}(\.py)?`", told)} == set()
