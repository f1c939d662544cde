"""Shared fixtures: where the labelled recordings are, and what happens without them."""

import os
from pathlib import Path

import pytest

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
