"""What is played into the board, and what lands on its flash."""

import io
from array import array
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host_tools.virtual_board import Pulse, Stimulus, at_rest
from host_tools.virtual_board.flash import gather
from host_tools.virtual_board.inprocess import device


def player(stimulus: Stimulus, folder: Path):
    """The board's own reader of the stimulus: a function from us to six values."""
    plan = stimulus.write(folder / "samples")
    reader = device("stimulus").Stimulus(io.BytesIO((folder / "samples").read_bytes()), plan)
    out = array("h", [0] * 6)

    def at(t_us: int) -> list[int]:
        reader.at(t_us, out)
        return list(out)

    return at


def random_rows(seed: int, rows: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(-32768, 32768, (rows, 6)).astype(np.int16)


@settings(max_examples=30, deadline=None)
@given(
    rows=st.sampled_from([1, 2, 7, 1023, 1024, 1025, 1026, 3000]),
    rate=st.sampled_from([59.0, 100.0, 208.0, 999.5]),
    times=st.lists(st.floats(0, 40), min_size=1, max_size=20),
    seed=st.integers(0, 99),
)
def test_linear_interpolation_wherever_and_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, rows: int, rate: float, times: list[float], seed: int
) -> None:
    data = random_rows(seed, rows)
    at = player(Stimulus.from_samples(data, rate, loop=True), tmp_path_factory.mktemp("s"))
    period_us = round(rows / rate * 1e6)
    around = np.vstack([data, data[:1]]).astype(float)
    for time_s in times:
        t_us = round(time_s * 1e6)
        place = t_us % period_us * rate / 1e6
        k = min(int(place), rows - 1)
        share = place - k
        expected = around[k] + (around[k + 1] - around[k]) * share
        # 15 bits of fraction on steps of up to 65535: two counts
        assert np.abs(np.array(at(t_us)) - expected).max() <= 3


def test_segments_follow_one_another_and_the_last_is_held(tmp_path: Path) -> None:
    one, two = np.full((10, 6), 100, np.int16), np.full((5, 6), -7, np.int16)
    stimulus = Stimulus().then(one, 10.0).then(two, 10.0, seconds=30.0).then(one, 10.0)
    assert stimulus.duration_s == 32.0
    assert len(stimulus.blocks) == 2
    at = player(stimulus, tmp_path)
    seen = [at(round(t * 1e6))[0] for t in (0, 0.95, 1.0, 15, 30.99, 31.0, 32.5, 9e6)]
    assert seen == [100, 100, -7, -7, -7, 100, 100, 100]


@pytest.mark.parametrize(
    ("samples", "rate", "words"),
    [
        (np.zeros((0, 6), np.int16), 100.0, "shape"),
        (np.zeros((4, 5), np.int16), 100.0, "shape"),
        (np.zeros((4, 6)), 100.0, "int16"),
        (np.zeros((4, 6), np.int16), 0.0, "rate 0.0 Hz"),
    ],
)
def test_what_cannot_be_played_is_refused(samples: np.ndarray, rate: float, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Stimulus.from_samples(samples, rate)


def test_rest_is_one_g_with_noise() -> None:
    data, _ = at_rest().blocks[0]
    assert data[:, 2].mean() == pytest.approx(2048, abs=1)
    assert 2 < data[:, 3].std() < 4


def test_firmware_folder_as_it_lands_on_the_flash(tmp_path: Path) -> None:
    (tmp_path / "pack" / "__pycache__").mkdir(parents=True)
    for name in ("main.py", "README.md", "pack/a.mpy", "pack/__pycache__/a.pyc", ".hidden"):
        (tmp_path / name).write_bytes(b"x")
    found = gather(tmp_path, {"/settings.json": b"{}", "main.py": b"y"})
    assert sorted(found) == ["boot.py", "main.py", "pack/a.mpy", "settings.json"]
    assert found["main.py"] == b"y"


def test_a_motor_is_felt_when_it_has_spun_up() -> None:
    full = Pulse(0, 150_000, 1.0, ((0, 1.0),), -1)
    assert full.felt_us(25.0) == round(25_000 * np.log(2))
    assert Pulse(0, 10_000, 1.0, ((0, 1.0),), -1).felt_us(25.0) is None
    assert Pulse(0, 500_000, 0.4, ((0, 0.4),), -1).felt_us(25.0) is None
    overdriven = Pulse(0, 150_000, 1.0, ((0, 1.0), (12_000, 0.6)), -1)
    plain = Pulse(0, 150_000, 0.6, ((0, 0.6),), -1)
    assert full.felt_us() < overdriven.felt_us() < plain.felt_us()
