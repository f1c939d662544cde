"""What only real MicroPython shows: nothing allocated from FIFO to motor, machine code agrees."""

import json
from pathlib import Path

import pytest

from host_tools.errors import HeelcueError
from host_tools.micropython import run_micropython

SCRIPTS = Path(__file__).parent / "scripts"


@pytest.fixture(scope="module")
def fifo_file(walk_samples, tmp_path_factory) -> Path:
    """The walk as an MPU-6050 hands it out: big-endian, twelve bytes a sample."""
    samples, _, _ = walk_samples
    path = tmp_path_factory.mktemp("fifo") / "walk.bin"
    path.write_bytes(samples[:6000].astype(">i2").tobytes())
    return path


def test_sample_path_allocates_nothing(fifo_file):
    out = json.loads(run_micropython(SCRIPTS / "heap_lock.py", [str(fifo_file), "clean"]))
    assert out["bytes"] == 0
    assert out["n"] == out["samples"] == 6000
    assert out["cues"] >= 15


def test_the_lock_would_notice_one_allocation(fifo_file):
    with pytest.raises(HeelcueError, match="heap is locked"):
        run_micropython(SCRIPTS / "heap_lock.py", [str(fifo_file), "spoilt"])


def test_machine_code_unpacks_like_plain_bytecode():
    assert int(run_micropython(SCRIPTS / "unpack.py")) == 200 * (4 * 3 + 5)


def test_machine_code_that_an_emitter_got_wrong_is_noticed():
    noticed, mistakes = run_micropython(SCRIPTS / "unpack_wrong.py").split()
    assert noticed == mistakes
