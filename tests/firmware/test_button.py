"""The button's gestures and the battery's gauge, whatever the contacts and the cell do."""

import pytest
from heelcue import button, power
from hypothesis import given
from hypothesis import strategies as st

from host_tools.virtual_board.inprocess import build, device

WRAP_MS = 1 << 30
BOUNCE_MS = 8
SHORT_MS, GAP_MS = st.integers(60, 1_400), st.integers(60, 330)


@pytest.fixture(scope="module", autouse=True)
def ticks():
    """The board's time in the modules' place."""
    build()
    with pytest.MonkeyPatch.context() as patch:
        for module in (button, power):
            patch.setattr(module, "time", device("time"))
        yield device("time")


def gestures(levels: list[tuple[int, bool]], step_ms: int, start_ms: int = 0) -> list[int]:
    """What a button says that has each level for so many ms; contacts bounce after each edge."""
    now_ms, level, before, found = 0, False, False, []
    made = button.Button(lambda: level)
    made._looked_ms = start_ms
    for length_ms, down in levels:
        for k in range(0, length_ms, step_ms):
            level = down ^ (down != before and k < BOUNCE_MS and bool((k >> 1) & 1))
            gesture = made.look((start_ms + now_ms + k) % WRAP_MS)
            if gesture:
                found.append(gesture)
        now_ms, before = now_ms + length_ms, down
    return found


@given(
    st.lists(st.lists(st.tuples(SHORT_MS, GAP_MS), min_size=1, max_size=5), max_size=4),
    st.integers(1, 15),
    st.sampled_from((0, WRAP_MS - 1000)),
)
def test_presses_close_to_each_other_are_one_gesture(presses, step_ms, start_ms):
    levels = [(100, False)]
    for gesture in presses:
        for down_ms, up_ms in gesture:
            levels += [(down_ms, True), (up_ms, False)]
        levels.append((500, False))
    wanted = [min(len(gesture), button.TRIPLE) for gesture in presses]
    assert gestures(levels, step_ms, start_ms) == wanted


@given(st.integers(1_570, 9_000), st.integers(1, 15), st.lists(st.tuples(SHORT_MS, GAP_MS)))
def test_a_long_press_says_so_once_whatever_came_before_and_nothing_when_let_go(
    held_ms, step_ms, before
):
    levels = [(100, False)]
    for down_ms, up_ms in before:
        levels += [(down_ms, True), (up_ms, False)]
    levels += [(held_ms, True), (1_000, False)]
    assert gestures(levels, step_ms) == [button.LONG]


def test_long_is_a_second_and_a_half():
    assert gestures([(100, False), (1_480, True), (1_000, False)], 5) == [button.SHORT]
    assert gestures([(100, False), (1_540, True)], 5) == [button.LONG]
    # two presses further apart than a gesture allows
    parts = [(100, False), (100, True), (440, False), (100, True), (500, False)]
    assert gestures(parts, 5) == [button.SHORT, button.SHORT]


@given(st.integers(1, 4_000))
def test_held_since_the_start_it_means_nothing_until_it_is_let_go(held_ms):
    assert gestures([(held_ms, True), (500, False)], 5) == []
    after = [(held_ms, True), (500, False), (100, True), (500, False)]
    assert gestures(after, 5) == [button.SHORT]


@given(st.integers(0, 5_000), st.integers(0, 300))
def test_charge_follows_the_voltage(mv, more_mv):
    assert 0 <= power.percent(mv) <= power.percent(mv + more_mv) <= 100
    assert power.percent(power._CURVE[-2]) == 0 and power.percent(power._CURVE[0]) == 100
    assert power.percent(power.LOW_MV) in range(5, 10)
    for mv_, pct in zip(power._CURVE[::2], power._CURVE[1::2], strict=True):
        assert power.percent(mv_) == pct


MV = st.sampled_from((900, 3_200, 3_299, 3_310, 3_499, 3_505, 3_690, 3_710, 4_100))


@given(st.lists(MV, max_size=40), st.sampled_from(((100_000, 100_000), (220_000, 100_000))))
def test_low_is_told_once_a_discharge_and_empty_after_three_readings(levels_mv, divider):
    above, below = divider
    reading = 0
    battery = power.Battery(lambda: reading, above, below)
    battery._due_ms = 0
    told, low = False, 0
    empty = 0
    for number, mv in enumerate(levels_mv):
        reading = -(-mv * 1000 * below // (above + below)) + 3_000  # what the pin sees, µV
        now = number * 10_000
        assert battery.look(now, True) == "", "the motor pulls the voltage down"
        said = battery.look(now, False)
        assert battery.look(now + 9_999, False) == "", "not before it is due"
        assert battery.mv == pytest.approx(mv, abs=12)
        if mv < 2_500:
            low = empty = 0
            assert (said, battery.as_dict()) == ("", {})
            continue
        assert battery.as_dict() == {"mv": battery.mv, "pct": power.percent(battery.mv)}
        low = low + 1 if battery.mv < power.LOW_MV else 0
        empty = empty + 1 if battery.mv < power.EMPTY_MV else 0
        if empty >= 3:
            assert said == "empty"
            continue
        told = told and mv < 3_700
        assert said == ("low" if low >= 3 and not told else "")
        told = told or said == "low"


def test_without_a_divider_there_is_no_battery_to_tell_of():
    battery = power.Battery(None)
    assert battery.look(10**9, False) == "" and battery.as_dict() == {}
