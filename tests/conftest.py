"""Shared fixtures: where the labelled recordings are, and what happens without them."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

# A slow or busy machine is no reason to fail: no deadlines by the wall clock
hypothesis_settings.register_profile("heelcue", deadline=None)
hypothesis_settings.load_profile("heelcue")

# A shell without job control starts what ends in & with Ctrl-C ignored, and so would be every
# program that a test starts and then interrupts: it would wait for ever
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parent.parent
RECORDINGS = ROOT.parent / "shared" / "recordings"


@pytest.fixture(scope="session")
def recordings_dir() -> Path:
    """The folder of labelled recordings; skips aloud without it, fails without it in CI."""
    if RECORDINGS.is_dir():
        return RECORDINGS
    message = f"no labelled recordings at {RECORDINGS}: accuracy on real walks was not tested"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)
