"""The firmware's README files give the figures that the code has."""

import re

import pytest
from heelcue import console, detector, imu, raw, settings, store, walking

from host_tools.virtual_board.chips import IMUS, imu_options
from host_tools.virtual_board.device.costs import COSTS
from host_tools.virtual_board.inprocess import bench, device
from tests.claims import Claim, rows, section, wrong
from tests.conftest import ROOT

FIRMWARE = ROOT / "firmware" / "README.md"
GAIT = ROOT / "firmware" / "heelcue" / "README.md"
BOARD = ROOT / "host_tools" / "virtual_board" / "README.md"
DEFAULT = settings.defaults()
CENTI = 100


def constant(module: str, name: str) -> int:
    """A constant of a module that only a board can import."""
    text = (ROOT / "firmware" / "heelcue" / module).read_text(encoding="utf-8")
    found = re.search(rf"^{name} = const\(([\d_]+)\)", text, re.MULTILINE)
    assert found, f"{module}: {name}"
    return int(found[1])


def test_the_device_s_limits_are_those_told():
    text = FIRMWARE.read_text(encoding="utf-8")
    calm = [constant("app.py", name) for name in ("_CALM_FROM_MS", "_CALM_TO_MS")]
    gone_ms, asked_ms = (constant("wearer.py", n) for n in ("_GONE_MS", "_CONSOLE_AWAKE_MS"))
    claims = [
        Claim("at most {} bytes to the device", [console.LINE_MOST]),
        Claim("raw recording on flash, at most {} of them", [raw.MOST]),
        Claim("{} to {} ms after a cue or heel-off", calm),
        Claim("battery: {} kB each", [store.SEGMENT_BYTES / 1024]),
    ]
    assert wrong("firmware/README.md", text, claims) == []
    minutes = [Claim("after {} minutes without an imu that answers", [gone_ms / 60_000])]
    assert wrong("firmware/README.md", text.lower(), minutes) == []
    text = " ".join(text.split())
    assert "A minute without motion (`sleep_after_s`)" in text and DEFAULT["sleep_after_s"] == 60
    assert "for a minute after a request on the console" in text and asked_ms == 60_000


def test_detection_is_told_with_the_settings_and_constants_that_it_has():
    d, w = detector, walking
    claims = {
        "Detection": [
            Claim("after {} ms of quiet (`flat_ms`", [DEFAULT["flat_ms"]]),
            Claim("rate below {} deg/s, `quiet_rate_dps`", [DEFAULT["quiet_rate_dps"]]),
            Claim("all axes together below {} deg/s)", [d._QUIET_L1_DPS]),
            Claim("the last flat of more than {} degrees", [d._FAR_DEG]),
            Claim(
                "forefoot {} ms do instead of {}", [d._SLAP_FLAT_MS, DEFAULT["flat_ms"]]
            ),
            Claim("has not been flat for {} s", [d._PATIENCE_MS / 1000]),
            Claim("another {} s (`_PATIENCE_MS`, `_EASE_MS`)", [d._EASE_MS / 1000]),
            Claim("extrapolated by {} ms along its slope", [d._LAG_MS]),
            Claim("exceeds {} deg/s (`heel_off_rate_dps`)", [DEFAULT["heel_off_rate_dps"]]),
            Claim("risen {} degrees: a brisk rise", [DEFAULT["heel_off_angle_cdeg"] / CENTI]),
            Claim("exceeds {} deg/s and the heel", [DEFAULT["roll_rate_dps"]]),
            Claim("risen {} degrees: a slow roll", [DEFAULT["roll_angle_cdeg"] / CENTI]),
            Claim("plus {} deg/s (a pivot)", [d._TURN_DPS]),
            Claim("more than {} times as fast", [d._TURN_RATIO]),
            Claim("raised, up to {} times", [d._DEMAND_MAX / d._ONE]),
            Claim("Until {} % of the usual time", [d._FRESH_PCT]),
            Claim("after {} times the usual time on the ground", [d._STANDING]),
            Claim("({} s until it is known)", [d._FIRST_STANCE_MS * (d._STANDING - 1) / 1000]),
            Claim("a running mean ({} ms)", [d._STIR_MS]),
            Claim("once {} ms have passed", [d._RISEN_MS]),
            Claim("peak of at least {} deg/s", [d._PUSH_MIN_DPS]),
        ],
        "Walking": [
            Claim("at least {} mm | tapping", [w._STEP_MIN_MM]),
            Claim("it then stood for {} ms, {}-{} ms from contact",
                  [w._STOOD_MIN_MS, w._STANCE_MIN_MS, w._STANCE_MAX_MS]),
            Claim("besides the way is {} mm, drift at most {} times", [w._STEP_MM, w._DRIFT]),
            Claim("stood for {} ms and rose again within {} ms", [w._STOOD_MS, w._STANCE_MS]),
            Claim("a way of {} mm with drift", [w._FAR_MM]),
            Claim(
                "unless the way is below {} mm and the foot then stood for less than {} ms",
                [w._STEP_MM, w._STOOD_MS],
            ),
            Claim("when it reaches {} deg/s and {} degrees", [w._PUSH_DPS, w._PUSH_DEG]),
            Claim("After a way below {} mm, or backward, that takes {} deg/s",
                  [w._STEP_MM, w._PUSH_ODD_DPS]),
            Claim("A second stride in a row of {} mm or more with drift of at most {} times",
                  [w._STEP_MM, w._DRIFT_ALIGN]),
            Claim("{} strides in a row are walking", [w._ENOUGH]),
            Claim("a push-off of {} deg/s and {} degrees", [w._GREAT_DPS, w._GREAT_DEG]),
            Claim("on the spot ({} mm) end it; so do {} s", [w._NOWHERE_MM, w._FORGET_MS / 1000]),
            Claim("After {} movements in place, or {} heel-offs", [w._IN_PLACE, w._IDLE]),
            Claim("A stride below {} % of the usual way", [w._SHORT_PCT]),
            Claim("come to {} deg/s and {} degrees", [w._AGAIN_DPS, w._AGAIN_DEG]),
        ],
    }  # fmt: skip
    faults = []
    for heading, held in claims.items():
        text = section(GAIT, heading).lower()
        lower = [Claim(words.lower(), values) for words, values in held]
        faults += wrong(f"firmware/heelcue/README.md, {heading}", text, lower)
    assert faults == []


CHIPS = dict(list(rows(section(FIRMWARE, "Boards and chips")))[1:])
# Which of the table's rows a chip is in
ROW_OF = {
    "mpu6050": "MPU6050 and clones",
    "mpu6050-clone": "MPU6050 and clones",
    "mpu6886": "MPU6886",
    "lsm6ds3": "LSM6DS3TR-C",
    "lsm6ds3tr-c": "LSM6DS3TR-C",
    "lsm6dso": "LSM6DSO, DSOX",
    "lsm6dsox": "LSM6DSO, DSOX",
    "icm42688-p": "ICM-42688-P",
    "bmi270": "BMI270",
}
MPU6500S = "MPU6500, 6515, 9250, 9255, ICM-20689"


@pytest.mark.parametrize("chip", IMUS)
def test_each_imu_s_identity_rate_and_fifo_are_those_in_the_table(chip, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bmi270.bin").write_bytes(bytes(8192))
    identities, rate, fifo, lost = CHIPS[ROW_OF.get(chip, MPU6500S)].split(" | ")
    told = {int(one, 16) for one in re.findall(r"0x[0-9A-F]{2}", identities.partition(" at ")[0])}
    with bench(imu=imu_options(chip)):
        machine = device("machine")
        i2c = machine.I2C(0, scl=machine.Pin(22), sda=machine.Pin(21), freq=400_000)
        driver = imu.probe(i2c)
        driver.start(DEFAULT["imu_rate_hz"])
    assert IMUS[chip]["identity"] in told
    where = f"firmware/README.md, {driver.name}"
    assert wrong(where, rate, [Claim("{} Hz", [driver.rate_hz])]) == []
    assert wrong(where, fifo.split()[0], [Claim("{}", [driver.fifo_samples])]) == []
    assert ("counted" in lost) == (chip == "icm42688-p")


def test_what_things_cost_on_the_virtual_board_is_what_its_table_says():
    told = {}
    for names, cells in rows(section(BOARD, "What things cost (`device/costs.py`, to be overridden"
                                            " by name in `Options.costs`)")):  # fmt: skip
        keys, values = re.findall(r"`(\w+)`", names), cells.partition(" | ")[0].split(", ")
        told |= dict(zip(keys, values, strict=bool(keys))) if keys else {}
    assert {name: int(value) for name, value in told.items()} == COSTS
