"""The whole life of a device: flash, walk, monitor, record, tune, apply, walk again, report."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from host_tools import cli
from host_tools.device.demo import (
    BEGIN_WITH,
    STRENGTH_PCT,
    WALK_STRIDES,
    Demo,
    demo_folder,
    run_demo,
)
from host_tools.device.tune import UNSEEN_F1_STRIDES
from host_tools.errors import HeelcueError
from host_tools.recordings import read_recording


@pytest.fixture(scope="module")
def life(tmp_path_factory) -> tuple[Path, dict]:
    """One run of the demo."""
    folder = tmp_path_factory.mktemp("life")
    return folder, run_demo(folder, speed=20, show=False)


def test_every_step_does_its_work(life) -> None:
    """The new board is flashed once, walks, is recorded without loss, tuned and reported."""
    folder, said = life
    assert len(said["flash"][-1]["sent"]) > 30
    assert said["flash again"][-1]["sent"] == []
    assert said["doctor"][-1]["ok"]
    for name in ("monitor", "monitor again"):
        strides = said[name]
        assert len(strides) == WALK_STRIDES
        cued = [stride for stride in strides[4:] if stride["cue"] in ("predicted", "reactive")]
        assert len(cued) >= WALK_STRIDES - 6
        close = [stride for stride in cued if abs(stride["cue_error_ms"]) <= 60]
        assert len(close) >= 0.8 * len(cued)
    assert said["record"][-1]["lost"] == 0
    assert len(read_recording(folder / "walks" / "first.csv.gz").t_s) >= 6000
    assert said["settings"][-1] == {"changed": ["strength_pct"], "saved": True}


def test_what_was_tuned_is_on_the_board_and_in_the_report(life) -> None:
    """The board took the tuned settings over, and its log says which strides it cued."""
    folder, said = life
    tuned = said["tune"][-1]
    # One walk leaves nothing to hold out, so the deaf thresholds give way to the defaults, whatever
    # the few strides of a walk that is recorded from its middle on say of either
    assert tuned["adopted"] == "defaults" and set(tuned["changed"]) == set(BEGIN_WITH)
    begun, handed_out = tuned["figures"]["start"], tuned["figures"]["result"]
    assert handed_out == tuned["figures"]["defaults"]
    assert handed_out["strides"] >= 15
    assert handed_out["f1"] >= begun["f1"] - UNSEEN_F1_STRIDES / begun["strides"]
    assert json.loads((folder / "tuned.json").read_text()) == {"strength_pct": STRENGTH_PCT}
    assert tuned["applied"] == []  # read back: the board has had them since its gentler buzz
    (walk,) = said["report"][-1]["walks"][:1]
    assert walk["strides"] > 2 * WALK_STRIDES
    assert walk["predicted"] + walk["reactive"] > 0.8
    page = (folder / "report" / walk["page"]).read_text()
    assert "strides of this foot" in page
    assert STRENGTH_PCT == 65 and (folder / "report" / "index.html").exists()


def test_only_a_demo_s_own_folder_is_emptied(tmp_path: Path, monkeypatch) -> None:
    """build/demo may be somebody else's: it was removed with all that was in it."""
    monkeypatch.chdir(tmp_path)
    with demo_folder(None) as folder:
        (folder / "walks").mkdir()
    with demo_folder(None) as folder:
        assert not list(folder.iterdir())
        (folder / "thesis.txt").write_text("years of work")
    with pytest.raises(HeelcueError, match="is not empty; name another"), demo_folder(None):
        pass
    assert (folder / "thesis.txt").exists()


def test_ctrl_c_between_a_step_s_line_and_its_command(monkeypatch, capsys) -> None:
    """Nobody had begun to listen yet: the demo ended without saying in which step."""

    def interrupted(arguments: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "run", interrupted)
    with pytest.raises(HeelcueError, match="the demo ends in its step 'flash'") as caught:
        Demo("/dev/nowhere", show=True).step("flash", "A new board", "flash")
    assert caught.value.exit_code == 130
    assert capsys.readouterr().err == "heelcue: interrupted\n"


def test_ctrl_c_in_the_middle_of_a_step_ends_it_as_any_command(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).parent / "heelcue"), "demo", "--out", str(tmp_path / "it")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            assert process.stdout is not None
            while "$ heelcue flash" not in (line := process.stdout.readline()):
                assert line
            os.killpg(process.pid, signal.SIGINT)
            _, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    assert err.endswith("heelcue: interrupted\nheelcue: the demo ends in its step 'flash'\n")
