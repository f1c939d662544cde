"""The console on the virtual board: the protocol, and anything at all as input."""

import json
import os

import pytest
from heelcue import console, faults
from heelcue import settings as schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from host_tools.micropython import FIRMWARE
from host_tools.virtual_board import Board, Options, Stimulus
from host_tools.virtual_board.chips import imu_options
from host_tools.virtual_board.inprocess import bench, device
from tests.firmware.asking import ask, fault_counts

# `make soak` takes 10,000
EXAMPLES = int(os.environ.get("HEELCUE_FUZZ_EXAMPLES", "120"))


@pytest.fixture
def board(walking):
    """A board that walks, past its boot window."""
    with Board(Options(stimulus=walking)) as running:
        running.run(4)
        yield running


def test_hello_get_set_save_and_read_back(board):
    hello = ask(board, {"cmd": "hello", "id": 7})
    assert hello["imu"] == "MPU6050" and hello["board"] == "esp32_generic" and hello["id"] == 7
    assert ask(board, {"cmd": "get"})["settings"] == schema.defaults()
    one = ask(board, {"cmd": "get", "key": "pulse_ms"})
    assert one["value"] == 150 and one["range"] == [20, 500]
    assert one["help"] == "length of a cue"
    words = ask(board, {"cmd": "get", "key": "schedule"})  # a second time: it was not kept
    assert "nth" in words["choices"] and "strides" in words["help"]
    assert ask(board, {"cmd": "set", "key": "pulse_ms", "value": 90})["changed"] == ["pulse_ms"]
    board.run(8)
    lengths = {round((p.off_us - p.on_us) / 1000) for p in board.pulses()[-3:] if p.off_us}
    assert lengths == {90}
    assert ask(board, {"cmd": "save"}, 3)["ok"]
    ask(board, {"cmd": "reset"}, 6)
    assert ask(board, {"cmd": "get", "key": "pulse_ms"})["value"] == 90


@pytest.mark.parametrize(
    ("request_", "key", "words"),
    [
        ({"cmd": "set", "key": "pulse_ms", "value": 9999}, "pulse_ms", "from 20 to 500"),
        ({"cmd": "set", "settings": {"pulse_ms": 90, "nope": 1}}, "nope", "unknown setting"),
        ({"cmd": "set", "key": "schedule", "value": "often"}, "schedule", "one of every"),
        ({"cmd": "set"}, None, "key"),
        ({"cmd": "get", "key": "nope"}, "key", "unknown setting"),
        ({"cmd": "dance"}, "cmd", "unknown command"),
        ({"cmd": "buzz", "ms": -1}, "ms", "from 10 to 500"),
        ({"cmd": "buzz", "pattern": "waltz"}, "pattern", "one of"),
        ({"cmd": "log", "what": "read", "path": "../settings.json"}, "path", "no such file"),
        ({"cmd": "log", "what": "remove", "path": "log/../main.py"}, "path", "no such file"),
        ({"cmd": "time", "epoch_s": 5}, "epoch_s", "whole number"),
        ("[1, 2]", None, "object"),
        ("{", None, "JSON"),
        ("x" * 600, None, "longer than"),
    ],
)
def test_bad_requests_are_refused_in_a_sentence(board, request_, key, words):
    answer = ask(board, request_)
    assert answer["ok"] is False
    assert words in answer["error"]
    assert answer.get("key") == key
    assert ask(board, {"cmd": "get", "key": "pulse_ms"})["value"] == 150, "nothing was half set"


def test_buzz_is_felt_and_mute_silences_cues_only(board):
    ask(board, {"cmd": "mute", "on": True})
    board.run(1)
    before = len(board.pulses())
    board.run(8)
    assert len(board.pulses()) == before
    ask(board, {"cmd": "buzz", "ms": 200, "pct": 50})
    (pulse,) = board.pulses()[before:]
    assert pulse.off_us - pulse.on_us == pytest.approx(200_000, abs=500)
    assert pulse.levels[-1][1] == pytest.approx(0.5, abs=0.01)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=6,
)
COMMANDS = ("hello", "get", "set", "status", "buzz", "stream", "record", "log", "mute", "faults")
KEYS = ("key", "value", "settings", "what", "path", "at", "len", "ms", "pct", "on", "raw", "id")
REQUESTS = st.builds(
    lambda cmd, rest: json.dumps({"cmd": cmd, **rest}).encode(),
    st.sampled_from(COMMANDS) | st.text(max_size=8),
    st.dictionaries(st.sampled_from(KEYS), ANYTHING, max_size=3),
)
LINES = st.one_of(
    st.binary(max_size=80),
    REQUESTS,
    st.builds(lambda r, cut: r[: cut % (len(r) + 1)], REQUESTS, st.integers(0, 400)),
    ANYTHING.map(lambda value: json.dumps(value).encode()),
)


@pytest.fixture(scope="module")
def fuzzed(walk_samples):
    """One board for all cases: what a bad line leaves behind, the next one meets."""
    samples, rate_hz, _ = walk_samples
    with Board(Options(stimulus=Stimulus.from_samples(samples, rate_hz, loop=True))) as running:
        running.run(4)
        # What is only loaded when it is asked for, and stays, is no growth
        ask(running, {"cmd": "stream", "raw": True}, 2)
        ask(running, {"cmd": "record", "what": "start", "seconds": 2}, 6)
        ask(running, {"cmd": "buzz", "pattern": "double"})
        quiet(running)
        before = ask(running, {"cmd": "status"})
        yield running
        quiet(running)
        running.run(12)
        after = ask(running, {"cmd": "status"})
        # A block left behind by every line would be 16 bytes each; what there is levels off
        assert after["mem_free"] > before["mem_free"] - 1500 - EXAMPLES // 10
        assert "fifo_overflow" not in after["faults"]
        assert running.resets == 0


def quiet(board: Board) -> None:
    """End what a request may have begun."""
    ask(board, {"cmd": "stream", "events": False, "raw": False})
    ask(board, {"cmd": "record", "what": "stop"}, 3)
    board.run(6)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(LINES)
def test_any_line_gets_one_answer_and_costs_nothing_else(fuzzed, line):
    # Ctrl-C belongs to the REPL; line ends would make two cases of one
    line = line.translate(None, b"\x03\r\n\x00")
    before = len(fuzzed.console_bytes)
    fuzzed.send(line + b"\n")
    answers: list[dict] = []
    for _ in range(12 if line else 1):
        fuzzed.run(0.025)
        text = bytes(fuzzed.console_bytes[before:]).decode()
        whole = text.split("\n")[:-1]
        answers = [json.loads(t) for t in whole if t.startswith("{") and '"ok"' in t]
        if answers:
            break
    assert len(answers) == bool(line)
    if answers:
        assert answers[0]["ok"] is True or answers[0]["error"]
        assert "internal" not in answers[0].get("error", "")


def test_a_full_log_is_erased_piece_by_piece_and_no_sample_is_lost(walking):
    segments = {f"log/{number:06d}.log": bytes(16_000) for number in range(12)}
    options = Options(stimulus=walking, files=segments, imu=imu_options("mpu6500"))  # 42 samples
    with Board(options) as board:
        board.run(8)
        assert len(ask(board, {"cmd": "log"})["files"]) == 12
        assert ask(board, {"cmd": "log", "what": "erase"})["ok"]
        board.run(18)
        assert len(ask(board, {"cmd": "log"})["files"]) <= 1
        assert ask(board, {"cmd": "status"})["faults"] == {}
        assert board.stats["samples_lost"] == 0


def test_a_break_on_the_line_spoils_no_request():
    """ESP32_GENERIC_C3 listens on UART0 as well; its RX is the pin that triggers a DRV2605L."""
    sent = bytearray()
    with bench():
        heard = console.Console(dict, sent.extend, faults.Faults())
        for byte in b'\0\0{"cmd": \0"hello"}\0\n\0':
            heard.feed_byte(byte)
        while heard.waiting:
            device("time").sleep_ms(10)
            heard.pump(device("time").ticks_ms())
    assert json.loads(sent) == {"cmd": "hello", "ok": True}


def test_speaks_after_a_week_of_silence():
    """ticks_ms wraps after 12.4 days: a line sent 6.2 days ago looks as if it were yet to come."""
    with bench():
        time = device("time")
        sent = bytearray()
        silent = console.Console(dict, sent.extend, faults.Faults())
        silent.tell({"ev": "hello"})
        silent.pump(time.ticks_ms())
        for _ in range(7 * 24):
            time.sleep_ms(3_600_000)
        silent.tell({"ev": "cue"})
        silent.pump(time.ticks_ms())
        assert sent == b'{"ev": "hello"}\n{"ev": "cue"}\n'


REFUSES_TWICE = b"""
_save = save
_refusals = [28, 28]
def save(values, path=FILE):
    if _refusals:
        raise OSError(_refusals.pop())
    _save(values, path)
"""


def test_a_save_that_the_flash_refuses_is_tried_again_every_minute(walking):
    source = (FIRMWARE / "heelcue" / "settings.py").read_bytes() + REFUSES_TWICE
    with Board(Options(stimulus=walking, files={"heelcue/settings.py": source})) as board:
        board.run(4)
        ask(board, {"cmd": "set", "key": "pulse_ms", "value": 123})
        assert ask(board, {"cmd": "save"})["ok"]
        board.run(65)
        assert fault_counts(board) == {"flash": 2}
        board.run(60)
        ask(board, {"cmd": "reset"})
        board.run(4)
        assert ask(board, {"cmd": "get", "key": "pulse_ms"})["value"] == 123
        assert fault_counts(board) == {}


def test_a_host_that_does_not_read_is_asked_ever_more_rarely():
    """TinyUSB holds a write to nobody up for 500 ms: each is a stall as long as some FIFOs."""
    with bench():
        time = device("time")
        reads, sent = False, []

        def write(data):
            sent.append(time.ticks_ms())
            if not reads:
                time.sleep_ms(500)

        told = console.Console(lambda request: {}, write, faults.Faults())
        for _ in range(10_000):
            time.sleep_ms(10)
            told.tell({"ev": "cue"})
            told.pump(time.ticks_ms())
        assert len(sent) <= 8, "in 100 s"
        reads, count = True, len(sent)
        for byte in b'{"cmd": "hello"}\n':
            told.feed_byte(byte)
        for _ in range(100):
            time.sleep_ms(10)
            told.pump(time.ticks_ms())
        assert len(sent) > count and told.waiting == 0, "whoever asks gets the answer at once"


def test_what_a_write_did_not_take_is_sent_later():
    """TinyUSB, whose buffer stays full for half a second, takes a part, and says so."""
    with bench():
        time = device("time")
        heard = bytearray()

        def write(data):
            took = len(data) * (len(heard) % 3) // 2
            heard.extend(bytes(data)[: max(took, 1)])
            return max(took, 1)

        told = console.Console(dict, write, faults.Faults())
        lines = [{"n": n, "text": "some words " * n} for n in range(9)]
        for line in lines:
            told.tell(line)
        for _ in range(2_000):
            time.sleep_ms(5)
            told.pump(time.ticks_ms())
        assert [json.loads(line) for line in bytes(heard).splitlines()] == lines
        assert told.waiting == 0


def test_a_listener_hears_events_again_after_one_slow_write():
    """The slow write may have been the queue's last, and a listener asks for nothing."""
    with bench():
        time = device("time")
        takes_ms = [100]
        heard = bytearray()

        def write(data):
            heard.extend(data)
            time.sleep_ms(takes_ms.pop() if takes_ms else 0)

        told = console.Console(dict, write, faults.Faults())
        for n in range(30):
            told.tell({"n": n})
            time.sleep_ms(100)
            told.pump(time.ticks_ms())
        assert b'"n": 0' in heard and b'"n": 29' in heard
        assert told.dropped <= 10


def test_a_long_request_is_taken_as_fast_as_it_comes_also_at_rest():
    """An ESP32 keeps 260 bytes: at rest 48 of the 138 were taken that come in 12 ms."""
    with Board(Options()) as board:
        board.run(14)
        assert ask(board, {"cmd": "status"})["state"] == "stand"
        board.run(2)
        asked_us = board.trace.now_us
        request = json.dumps({"cmd": "hello", "id": "x" * 440}).ljust(500)
        assert ask(board, request)["ok"]
        answered_us = next(t_us for t_us, line in board.console_lines() if "xxx" in line)
        begun_us = answered_us - 85_000  # its own 690 bytes, 44 in 4 ms and at 115200 baud
        assert begun_us - asked_us < 60_000
