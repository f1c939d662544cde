"""Two things at once: what is under way when the next one comes spoils neither."""

import pytest
from heelcue.events import R_HEEL_OFF

from host_tools.device.walks import decode_log
from host_tools.generate import Walk, generate_walk
from host_tools.recordings import to_lsb
from host_tools.virtual_board import Board, Options, Stimulus
from host_tools.virtual_board.chips import board_options, haptic_options, imu_options
from tests.firmware.asking import ask, fault_counts
from tests.firmware.test_kept import kept, whole_log
from tests.firmware.test_sleep import rest


def test_a_walk_after_the_log_was_erased_is_in_the_next_report(walking):
    """Its strides were there, but not the session that says at what rate: so for nobody."""
    with Board(Options(stimulus=walking)) as board:
        board.run(35)
        ask(board, {"cmd": "log", "what": "flush"}, 2)
        ask(board, {"cmd": "log", "what": "erase"}, 30)
        (walk,) = decode_log([whole_log(board)])
        assert len(walk.real) >= 15


def test_what_is_written_while_the_log_is_erased_is_kept(walking):
    """A segment goes in each calm moment, and a batch that was due went into the last of them."""
    segments = {f"log/{number:06d}.log": bytes(16_000) for number in range(40)}
    with Board(Options(stimulus=walking, files=segments)) as board:
        board.run(20)
        before = len([event for event in board.events() if event["ev"] == "stride"])
        ask(board, {"cmd": "log", "what": "flush"}, 2)
        ask(board, {"cmd": "log", "what": "erase"}, 60)
        listed = [path for path, _ in ask(board, {"cmd": "log"})["files"]]
        assert listed == ["log/000040.log"]
        told = [event["heel_off"] for event in board.events() if event["ev"] == "stride"][before:]
        strides = [record[R_HEEL_OFF] for record in kept(board)[0]]
        assert len(told) > 45 and set(told[4:]) <= set(strides)
        assert len(decode_log([whole_log(board)])) == 1


def test_a_log_that_has_grown_since_it_was_read_is_not_erased(walking):
    with Board(Options(stimulus=walking)) as board:
        board.run(20)
        ask(board, {"cmd": "log", "what": "flush"}, 2)
        ((path, size),) = ask(board, {"cmd": "log"})["files"]
        ask(board, {"cmd": "record", "what": "mark", "label": "late"}, 2)
        ask(board, {"cmd": "log", "what": "flush"}, 2)
        request = {"cmd": "log", "what": "erase", "path": path}
        assert "has grown" in ask(board, {**request, "at": size}, 3)["error"]
        ((same, grown),) = ask(board, {"cmd": "log"})["files"]
        assert same == path and grown > size
        assert ask(board, {**request, "at": grown}, 4)["ok"]
        assert path not in dict(ask(board, {"cmd": "log"})["files"])


def test_strides_after_their_segment_was_removed_are_in_the_next_report(walking):
    """The session went with it, and with the session what they are counted in."""
    with Board(Options(stimulus=walking)) as board:
        board.run(20)
        ask(board, {"cmd": "log", "what": "flush"}, 2)
        ask(board, {"cmd": "log", "what": "remove", "path": "log/000000.log"}, 20)
        (walk,) = decode_log([whole_log(board)])
        assert len(walk.real) >= 15


def test_a_recording_that_is_removed_parts_no_log(walking):
    """Each segment counts as 32 kB of what the log may take, however little is in it."""
    files = {"rec/0001.rec": b"x"}
    with Board(Options(stimulus=walking, files=files)) as board:
        board.run(20)
        ask(board, {"cmd": "log", "what": "flush"}, 2)
        ask(board, {"cmd": "log", "what": "remove", "path": "rec/0001.rec"}, 20)
        ask(board, {"cmd": "log", "what": "flush"}, 2)
        assert [path for path, _ in ask(board, {"cmd": "log"})["files"]] == ["log/000000.log"]


def test_a_file_that_has_gone_before_it_is_removed_is_no_fault_of_the_flash(walking):
    with Board(Options(stimulus=walking)) as board:
        board.run(35)
        ask(board, {"cmd": "log", "what": "flush"}, 2)
        board.send('{"cmd": "log", "what": "erase"}\n')
        assert ask(board, {"cmd": "log", "what": "remove", "path": "log/000000.log"}, 4)["ok"]
        assert ask(board, {"cmd": "log"})["files"] == [] and not fault_counts(board)


def test_only_what_is_listed_can_be_removed(walking):
    """Without its folder the log was lost; a NUL took the running recording's file away."""
    with Board(Options(stimulus=walking)) as board:
        board.run(14)
        ask(board, {"cmd": "log", "what": "flush"})
        ask(board, {"cmd": "record", "what": "start"}, 4)
        for path in ("log/", "rec/", "log/000000.log\x00", "rec/0001.rec\x00"):
            answer = ask(board, {"cmd": "log", "what": "remove", "path": path}, 0.2)
            assert "no such file" in answer["error"]


def test_ctrl_c_while_the_log_is_written_keeps_each_stride_once(walking):
    """It is heard after the write: before that was noted, it was done again on the way out."""
    with Board(Options(stimulus=walking, costs={"flash_page_us": 300_000})) as board:
        board.run(30)
        operations = board.stats["flash_operations"]
        board.send('{"cmd": "log", "what": "flush"}\n')
        while board.stats["flash_operations"] == operations:
            board.run(0.02)
        board.send(b"\x03")
        board.run(10)
        assert board.console.rstrip().endswith(">>>")
        board.send(b"import machine; machine.reset()\r")
        board.run(6)
        heel_offs = [record[R_HEEL_OFF] for record in kept(board)[0]]
        assert len(heel_offs) > 15 and len(set(heel_offs)) == len(heel_offs)


def test_no_cue_comes_when_the_foot_swings_because_the_loop_was_held_up():
    """As by an USB line that nobody reads, for half a second: no sample is lost, but time."""
    walk = generate_walk(Walk(duration_s=60, preset="running", course="loop"))
    stimulus = Stimulus.from_samples(to_lsb(walk.acc, walk.gyr), walk.rate_hz)
    with Board(Options(stimulus=stimulus, imu=imu_options("lsm6ds3tr-c"))) as board:
        board.run(12)
        for _ in range(7):
            board.fault("stall", us=1_500_000)
            board.run(3.9)
        assert board.stats["samples_lost"] == 0
        assert max(board.cue_latencies_us()) < 300_000
        board.run(22)
        # the walk is over: each of its strides is kept, also where two of them waited
        status = ask(board, {"cmd": "status"})
        assert len(kept(board)[0]) == status["strides"] > 60


@pytest.mark.parametrize("motor", ["erm", "lra"])
def test_a_motor_is_measured_to_the_end_although_a_buzz_was_under_way(motor):
    settings = b'{"motor_type": "%s"}' % motor.encode()
    options = Options(haptic=haptic_options("drv2605l", motor), files={"settings.json": settings})
    with Board(options) as board:
        board.run(6)
        (measured, *_) = board.pulses()
        before = len(board.pulses())
        board.send('{"cmd": "buzz", "ms": 500}\n')
        board.run(0.1)
        assert ask(board, {"cmd": "calibrate"}, 3)["calibrated"]
        again = board.pulses()[before:][-1]
        assert again.off_us - again.on_us == pytest.approx(
            measured.off_us - measured.on_us, rel=0.1
        )


def test_an_empty_battery_switches_off_also_while_it_is_told_at_bedtime(walk_samples):
    """It fell asleep instead: each bump would have woken it, until the cell was spoilt."""
    samples, rate_hz, _ = walk_samples
    options = board_options("xiao_esp32s3")
    options.files["settings.json"] = b'{"sleep_after_s": 20}'
    options.battery_mv = 3_250
    options.stimulus = Stimulus.from_samples(rest(40), 200).then(samples, rate_hz)
    with Board(options) as board:
        board.run(60)
        assert "battery_empty" in board.console
        assert [record.b for record in board.trace.sleeps] == [1]
