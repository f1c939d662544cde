"""The settings' one schema: key, default, range, help. Used by the firmware and the host."""

# key: (default, least, greatest, help) for integers; (default, choices, help) for words
SCHEMA = {
    "cue_mode": ("auto", ("auto", "reactive", "predictive", "off"), "when to buzz"),
    "lead_ms": (0, 0, 300, "how long before heel-off a predicted cue is felt"),
    "motor_spin_up_ms": (40, 0, 150, "time the motor takes until it is felt"),
    "pulse_ms": (150, 20, 500, "length of a cue"),
    "strength_pct": (80, 0, 100, "strength of a cue"),
    "schedule": ("every", ("every", "nth", "fading", "silent"), "which strides are cued"),
    "every_n": (2, 1, 20, "with schedule nth: one stride in so many"),
    "refractory_ms": (350, 200, 1000, "least time between two cues"),
    "imu_rate_hz": (208, 50, 416, "samples per second"),
}


def defaults():
    """Return a complete dict of settings at their defaults."""
    return {key: spec[0] for key, spec in SCHEMA.items()}
