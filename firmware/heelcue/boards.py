"""The boards as data: which pin does what.

Fields (pins are GPIO numbers, None where the board has nothing there):

    i2c        (bus id, SDA, SCL) of the bus with the IMU (and the DRV2605L)
    imu_int    the IMU's interrupt output, active low; None: the FIFO is polled
    motor      gate of the motor's MOSFET, high = on
    drv_trig   IN/TRIG of a DRV2605L
    button     active low; also wakes from deep sleep where `wake` allows
    led, led_on    LED and the level that lights it
    battery    (ADC pin, ohms above the tap, ohms below the tap) of the voltage divider
    hold       must be high or the board switches itself off (M5StickC Plus2: then only its power
               key switches it on)
    wake       deep-sleep wake source of this chip: "ext" (ESP32, S3) or "gpio" (C3)

What the maker fixed comes from `source`; what is our own choice of free pins is the wiring that
hardware/ draws, and a test there holds the two together. `unverified` names the fields that no
primary source could be checked for.
"""

BOARDS = {
    "esp32_generic": {
        "title": "ESP32 dev kit (ESP32_GENERIC)",
        "mcu": "ESP32",
        "i2c": (0, 21, 22),
        "imu_int": 4,
        "motor": 25,
        "drv_trig": 26,
        "button": 0,
        "led": 2,
        "led_on": 1,
        "battery": None,
        "hold": None,
        "wake": "ext",
        "source": "Espressif, ESP32-DevKitC getting started: BOOT button on GPIO0; "
        "the rest is free choice among RTC-capable pins",
        "unverified": ("led",),  # GPIO2 on most clones, none on Espressif's own DevKitC
    },
    "xiao_esp32c3": {
        "title": "Seeed Studio XIAO ESP32C3",
        "mcu": "ESP32-C3",
        "i2c": (0, 6, 7),  # D4, D5
        "imu_int": 4,  # D2; GPIO0-5 can wake the C3 (ESP32-C3 datasheet, RTC power domain)
        "motor": 10,  # D10
        "drv_trig": 20,  # D7
        "button": 5,  # D3
        "led": None,
        "led_on": 1,
        "battery": (3, 220_000, 220_000),  # D1, ADC1; two resistors that the builder adds
        "hold": None,
        "wake": "gpio",
        "source": "arduino-esp32 variants/XIAO_ESP32C3/pins_arduino.h; Seeed wiki: no user LED, "
        "GPIO2, GPIO8 and GPIO9 are strapping pins",
        "unverified": (),
    },
    "xiao_esp32s3": {
        "title": "Seeed Studio XIAO ESP32S3",
        "mcu": "ESP32-S3",
        "i2c": (0, 5, 6),  # D4, D5
        "imu_int": 2,  # D1
        "motor": 9,  # D10
        "drv_trig": 7,  # D8
        "button": 4,  # D3
        "led": 21,
        "led_on": 0,
        "battery": (1, 220_000, 220_000),  # D0, ADC1; two resistors that the builder adds
        "hold": None,
        "wake": "ext",
        "source": "arduino-esp32 variants/XIAO_ESP32S3/pins_arduino.h (LED on 21, lit when low); "
        "GPIO3 (D2) is a strapping pin and stays free",
        "unverified": (),
    },
    "m5stickc_plus2": {
        "title": "M5StickC Plus2",
        "mcu": "ESP32-PICO-V3-02",
        "i2c": (0, 21, 22),
        "imu_int": None,
        "motor": 26,  # top header; GPIO25 shares its contact with GPIO36
        "drv_trig": None,
        "button": 37,
        "led": 19,
        "led_on": 1,
        "battery": (38, 100_000, 100_000),
        "hold": 4,
        "wake": "ext",
        "source": "arduino-esp32 variants/m5stack_stickc_plus2/pins_arduino.h (G26); "
        "M5Stack's page of the product: HOLD G4, IMU G21/G22, button A G37, LED G19, battery G38",
        "unverified": ("imu_int", "battery", "led"),
    },
    "m5_atoms3": {
        "title": "M5Stack AtomS3",
        "mcu": "ESP32-S3",
        "i2c": (0, 38, 39),
        "imu_int": None,
        "motor": 5,
        "drv_trig": 6,
        "button": 41,
        "led": None,
        "led_on": 1,
        "battery": None,
        "hold": None,
        "wake": None,  # GPIO41 is no RTC pin (S3: GPIO0-21)
        "source": "arduino-esp32 variants/m5stack_atoms3/pins_arduino.h (I2C 38/39, G5-G8)",
        "unverified": ("button", "imu_int"),
    },
}

DEFAULT = "esp32_generic"

# What to take where no file says what board it is. The M5 boards run the generic builds: they are
# chosen by the file `board`.
_OF_CHIP = {"C3": "xiao_esp32c3", "S3": "xiao_esp32s3"}


def name_from_machine(machine_name):
    """Return the key in BOARDS that fits a `sys.implementation._machine` string.

    Raises ValueError for a chip that none of them has: GPIO25, the motor's on an ESP32, belongs to
    the flash on a C6.
    """
    chip = machine_name.upper().split("ESP32")[-1].lstrip("-")[:2]
    if chip in _OF_CHIP:
        return _OF_CHIP[chip]
    # C6, S2 ...; but S0 (WD) and PI (CO) are an ESP32
    if len(chip) == 2 and chip[0] in "CHPS" and chip[1] in "123456789":
        raise ValueError("no board with an ESP32-%s is known here; see firmware/README.md" % chip)
    return DEFAULT


def choose(path="board"):
    """Return (name, board): named in the file `path`, else by what the build calls itself.

    Raises ValueError with one sentence when there is no such board, or none with this chip.
    """
    name = ""
    try:
        with open(path) as f:
            name = f.read(40).strip()
    except OSError:
        pass
    if name:
        if name not in BOARDS:
            raise ValueError(
                "the file 'board' names '%s'; known boards: %s" % (name, ", ".join(sorted(BOARDS)))
            )
        return name, BOARDS[name]
    import sys

    name = name_from_machine(getattr(sys.implementation, "_machine", ""))
    return name, BOARDS[name]
