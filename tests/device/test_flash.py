"""`heelcue flash`: what it sends, what it spares, and the plug pulled at any moment."""

import json
import random
import signal
from dataclasses import replace
from pathlib import Path

import heelcue
import pytest

from host_tools import cli
from host_tools.device import flash as flash_module
from host_tools.device.build import Target, build
from host_tools.device.console import Console, open_console
from host_tools.device.flash import _HELPERS, _LIMITS, LEFT_ALONE_MS, flash, needed_bytes
from host_tools.device.image import CHIPS, chip_of, esptool_command
from host_tools.device.link import Link, connect
from host_tools.device.serial_port import LinkLostError, Transport
from host_tools.errors import HeelcueError
from host_tools.virtual_board import Board, Options
from host_tools.virtual_board.chips import board_options
from host_tools.virtual_board.flash import image_after_cut, read_journal

from .conftest import ServedBoard

OLD = Path(heelcue.__file__).read_bytes().replace(heelcue.__version__.encode(), b"0.0.9")
KILLS = 50
PARTS = 10
ESP32 = 10 << 10 | 3 << 8 | 6  # sys.implementation._mpy of ESP32_GENERIC
ESP32C3 = 11 << 10 | 3 << 8 | 6


@pytest.fixture(scope="module")
def old_board(tmp_path_factory, steady_walk):
    """Flash a board that runs an old version, with a journal of every flash operation.

    Returns the image before and after, the operations, the outcome, and the user's files.
    """
    folder = tmp_path_factory.mktemp("old") / "board"
    files = {
        "heelcue/__init__.py": OLD,
        "settings.json": b'{"pulse_ms": 111}',
        "log/000007.log": b"HC kept",
        "board": b"esp32_generic",
    }
    options = Options(stimulus=steady_walk, files=files, journal=True)
    with ServedBoard(options, folder) as served, connect(served.port) as link:
        before = (folder / "flash.img").read_bytes()
        first = len(read_journal(folder / "flash.journal"))
        outcome = flash(link)
        again = flash(link)
        kept = {name: link.get(f"/{name}") for name in list(files)[1:]}
        root = link.ask("__import__('os').listdir('/')")
    operations = read_journal(folder / "flash.journal")[first:]
    return {
        "before": before, "operations": operations, "outcome": outcome, "again": again,
        "kept": kept, "files": files, "root": root,
    }  # fmt: skip


def test_sends_all_once_and_nothing_twice(old_board) -> None:
    """A second flash with nothing changed transfers no file."""
    assert old_board["outcome"].changed
    assert len(old_board["outcome"].sent) > 30
    assert "/heelcue" in old_board["outcome"].removed
    assert not old_board["again"].changed
    assert old_board["again"].sent == []


def test_with_nothing_changed_no_window_is_waited_for(board, capsys) -> None:
    """Only soft resets, nothing sent, the application runs again; the times are told."""
    assert cli.run(["flash", "--port", board.port]) == 0
    trace = board.pty.board.trace
    before = len(trace.reset_causes())
    capsys.readouterr()
    assert cli.run(["flash", "--port", board.port]) == 0
    said = capsys.readouterr().out
    assert "Nothing to send" in said
    assert "s beyond connecting" in said
    assert [cause for _, cause in trace.reset_causes()[before:]] == ["soft", "soft"]
    with open_console(board.port, start=False) as console:
        assert console.hello["fw"] == heelcue.__version__


def test_a_board_that_cannot_tell_is_told_what_it_is(tmp_path, steady_walk, capsys) -> None:
    """It says so after the restart, and it lasts; what is wrong is refused before anything."""
    chips = board_options("m5stickc_plus2", None, "mosfet")
    options = replace(chips, stimulus=steady_walk, firmware=None, files={})
    with ServedBoard(options, tmp_path / "m5") as served:
        command = ["flash", "--port", served.port, "--board"]
        assert cli.run([*command, "m5_atoms3"]) == 2
        assert "the chip that answers is an ESP32, and m5_atoms3 has an ESP32-S3" in (
            capsys.readouterr().err
        )
        assert cli.run([*command, "toaster"]) == 2
        assert "no board is called 'toaster'; there are esp32_generic" in capsys.readouterr().err
        assert cli.run([*command, "m5stickc_plus2", "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert told["hello"]["board"] == "m5stickc_plus2" and "/board" in told["sent"]
        assert cli.run([*command, "m5stickc_plus2", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["sent"] == []
        assert cli.run(["flash", "--port", served.port, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["hello"]["board"] == "m5stickc_plus2"


def test_spares_what_is_the_users(old_board) -> None:
    """Settings, logs and the board's name stay; the old package goes."""
    for name, content in old_board["kept"].items():
        assert content == old_board["files"][name]
    assert "heelcue" not in old_board["root"]
    assert "main.py.new" not in old_board["root"]


@pytest.mark.parametrize("part", range(PARTS))
def test_killed_at_fifty_moments_it_boots_and_a_second_flash_completes(
    part, old_board, tmp_path, steady_walk, capsys, monkeypatch
) -> None:
    """Power cut in 50 random flash operations: each time an old or new version runs, then the new.

    Every part has a tenth of the cuts, spread over the whole flash.
    """
    # As fast as may be, five minutes may pass while the computer compiles
    monkeypatch.setattr(flash_module, "_LIMITS", "LOOK_MS, LOOKS = 10_000, 1_000_000\n")
    operations = old_board["operations"]
    cuts = sorted(random.Random(4).sample(range(1, len(operations) + 1), KILLS))[part::PARTS]
    found = []
    for cut in cuts:
        folder = tmp_path / f"cut{cut}"
        folder.mkdir()
        image = image_after_cut(old_board["before"], operations, cut)
        (folder / "flash.img").write_bytes(image)
        with ServedBoard(Options(stimulus=steady_walk, speed=0), folder) as served:
            with open_console(served.port, start=False) as console:
                found.append(console.hello["fw"])
            assert cli.run(["flash", "--port", served.port, "--json"]) == 0, cut
        said = json.loads(capsys.readouterr().out)
        assert said["hello"]["fw"] == heelcue.__version__, cut
        assert said["version"] == old_board["outcome"].version
        assert said["sent_bytes"] < old_board["outcome"].sent_bytes or found[-1] == "0.0.9"
    switched = found.index(heelcue.__version__) if heelcue.__version__ in found else len(found)
    assert all(version == "0.0.9" for version in found[:switched])
    assert all(version == heelcue.__version__ for version in found[switched:])


@pytest.mark.parametrize("writes", [40, 130])
def test_unplugged_while_flashing(board, writes, monkeypatch, capsys) -> None:
    """The cable pulled after so many writes: one sentence, exit code 1, the board still boots."""
    from host_tools.device.serial_port import Transport

    left = [writes]
    plain = Transport.exec_raw_no_follow

    def counted(self, command):
        left[0] -= 1
        if left[0] == 0:
            board.close()
        plain(self, command)

    monkeypatch.setattr(Transport, "exec_raw_no_follow", counted)
    assert cli.run(["flash", "--port", board.port]) == 1
    said = capsys.readouterr().err
    assert "has gone" in said
    assert "Traceback" not in said
    with Board(Options(), board.folder) as after:
        after.run(4)
        assert [e["fw"] for e in after.events() if e["ev"] == "hello"] == [heelcue.__version__]


@pytest.mark.parametrize("at", ["connecting", "verifying"])
def test_ctrl_c_pressed_again_and_again_leaves_the_board_walking(board, monkeypatch, at) -> None:
    """The second press cut off what starts the application again."""
    with open_console(board.port):
        pass  # it has booted

    def press(*_, **__):
        signal.raise_signal(signal.SIGINT)

    plain = Link.leave_running

    def leave_running(self):
        press()
        plain(self)
        left.append(True)

    left: list[bool] = []
    monkeypatch.setattr(Link, "leave_running", leave_running)
    where = (Transport, "enter_raw_repl") if at == "connecting" else (flash_module, "_verify")
    monkeypatch.setattr(*where, press)
    assert cli.run(["flash", "--port", board.port]) == 130
    assert left
    console = Console(Transport(board.port))
    try:  # by itself, nobody starts it
        assert console.greet(start=False)["fw"] == heelcue.__version__
    finally:
        console.close()


def test_left_alone_in_the_middle_it_starts_what_is_on_it(steady_walk) -> None:
    """The cable pulled, and the wearer walks away: the board waited at its prompt for ever."""
    with Board(Options(stimulus=steady_walk)) as board:
        board.run(3)
        board.send(b"\r\x03")
        board.run(1)
        board.send(b"\x01" + (_LIMITS + _HELPERS).encode() + b"\x04")
        board.run(LEFT_ALONE_MS / 1000)
        assert board.resets == 0
        board.send(b"here()\x04")
        board.run(LEFT_ALONE_MS / 1000)
        assert board.resets == 0, "not while somebody works on it"
        board.run(30)
        assert board.resets == 1 and len(board.pulses()) > 3


def test_damage_on_the_way_changes_nothing(board, monkeypatch) -> None:
    """Bytes that arrive wrong are noticed before the switch."""
    from host_tools.device.link import Link

    plain = Link.put

    def damaged(self, path, data, moved=None):
        plain(self, path, data[:-1] + bytes([data[-1] ^ 1]), moved)

    monkeypatch.setattr(Link, "put", damaged)
    with connect(board.port) as link:
        with pytest.raises(HeelcueError, match=r"arrived damaged.*old version still runs"):
            flash(link)
        assert "heelcue" in link.ask("__import__('os').listdir('/')")
    assert cli.run(["flash", "--port", board.port]) == 1
    with open_console(board.port, start=False) as console:  # as the sentence says, it still runs
        assert console.hello["fw"] == heelcue.__version__


def test_full_flash_is_refused_before_anything_is_written(tmp_path, steady_walk) -> None:
    """Too little room: one sentence with the sizes; the old version stays whole."""
    filler = {"rec/0001.rec": random.Random(1).randbytes(150_000)}
    options = Options(stimulus=steady_walk, files=filler, flash_kib=640)
    with (
        ServedBoard(options, tmp_path / "full") as served,
        connect(served.port) as link,
        pytest.raises(HeelcueError, match=r"too full: .* needs \d+ kB, \d+ kB are free"),
    ):
        flash(link)


def test_free_blocks_that_wrap_are_no_room(board, monkeypatch) -> None:
    """What a full littlefs says of itself, 2**32 less a few blocks, is not 16 TB."""
    from host_tools.device.link import Link

    plain = Link.ask

    def full(self, expression, doing):
        said = plain(self, expression, doing)
        return (*said[:3], 2**32 - 2, *said[4:]) if "statvfs" in expression else said

    monkeypatch.setattr(Link, "ask", full)
    with connect(board.port) as link:
        with pytest.raises(HeelcueError, match=r"too full: .* 0 kB are free"):
            flash(link)
        assert "heelcue" in link.ask("__import__('os').listdir('/')", "looking")


def test_folders_and_links_take_room_too() -> None:
    """littlefs: two blocks a new folder, and what links a long file's blocks together."""
    new = {"/fw/1/heelcue/a.mpy": b"x", "/fw/1/heelcue/imu/b.mpy": b"x" * 8192}
    assert needed_bytes(new, []) == (1 + 3 + 2 * 5) * 4096  # /, fw, 1, heelcue, imu
    assert needed_bytes(new, ["/fw/1/heelcue/c.mpy"]) == (1 + 3 + 2 * 1) * 4096
    assert needed_bytes({}, []) == 0


def test_old_micropython_is_refused() -> None:
    """Versions the firmware is not made for are named."""
    with pytest.raises(HeelcueError, match=r"MicroPython 1\.20\.0 .* too old"):
        Target((1, 20, 0), 6 | 1 << 8, "ESP32", "esp32").check()
    with pytest.raises(HeelcueError, match=r"loads \.mpy files of version 7\.0"):
        Target((1, 40, 0), 7, "ESP32", "esp32").check()
    Target((1, 26, 1), ESP32, "ESP32", "esp32").check()


@pytest.mark.parametrize(("mpy", "name"), [(ESP32, "xtensawin"), (ESP32C3, "rv32imc")])
def test_compiles_for_both_instruction_sets(mpy, name) -> None:
    """Xtensa and RISC-V; the same sources give the same version."""
    target = Target((1, 26, 1), mpy, "ESP32", "esp32")
    assert target.architecture == name
    version = build(target)
    assert version.name == build(target).name
    assert "heelcue/app.mpy" in version.files
    assert version.main.splitlines()[2].startswith(b'sys.path.insert(0, "/fw/')


def test_a_source_that_does_not_compile_is_named(tmp_path) -> None:
    """The file and the compiler's last line; nothing is sent."""
    (tmp_path / "heelcue").mkdir()
    (tmp_path / "main.py").write_text("pass\n")
    (tmp_path / "heelcue" / "bad.py").write_text("def f(:\n")
    with pytest.raises(HeelcueError, match=r"bad\.py: mpy-cross refuses it"):
        build(Target((1, 26, 1), ESP32, "", "esp32"), tmp_path)


def test_no_room_to_compile_is_said(monkeypatch, tmp_path) -> None:
    """A full disk on this side: the file and the folder are named."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    (tmp_path / "heelcue").mkdir()
    (tmp_path / "main.py").write_text("pass\n")
    (tmp_path / "heelcue" / "a.py").write_text("ROOM = 0\n")
    with pytest.raises(HeelcueError, match=r"a\.py: cannot be compiled .* room for temporary"):
        build(Target((1, 26, 1), ESP32, "", "esp32"), tmp_path)


def test_images_are_told_apart(tmp_path) -> None:
    """The image's own header says which chip it is for, and so where it goes."""
    image = tmp_path / "c3.bin"
    image.write_bytes(bytes([0xE9, 3, 2, 0x20]) + bytes(8) + bytes([5, 0]) + bytes(10))
    assert chip_of(image) == CHIPS[5]
    assert esptool_command("/dev/ttyACM0", image, CHIPS[5])[-2:] == ["0x0", str(image)]
    image.write_bytes(b"<html>not found</html>")
    with pytest.raises(HeelcueError, match="no MicroPython image"):
        chip_of(image)


def test_without_mpflash_a_file_is_asked_for(tmp_path, monkeypatch) -> None:
    """Fetching needs mpflash, which is an extra; a tool that fails means no network."""
    from host_tools.device import image

    monkeypatch.setattr(image.sys, "executable", str(tmp_path / "python"))
    with pytest.raises(HeelcueError, match=r'pip install -e "\.\[network\]"'):
        image.fetch_image("ESP32_GENERIC")
    tool = tmp_path / "mpflash"
    tool.write_text("#!/bin/sh\nexit 1\n")
    tool.chmod(0o755)
    monkeypatch.setattr(image.tempfile, "gettempdir", lambda: str(tmp_path))
    with pytest.raises(HeelcueError, match="no network"):
        image.fetch_image("ESP32_GENERIC")


def test_lost_port_is_an_error_of_its_own() -> None:
    """Callers tell a pulled cable from other failures."""
    assert issubclass(LinkLostError, HeelcueError)
