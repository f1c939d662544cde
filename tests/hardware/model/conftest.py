"""The model, made once for all tests."""

import pytest
from build123d import Part

from hardware.bill import Item, load_bill
from hardware.enclosure.dimensions import DIMENSIONS
from hardware.enclosure.printed import MAKERS


@pytest.fixture(scope="session")
def printed() -> dict[str, Part]:
    """All printed parts as worn."""
    return {name: make(DIMENSIONS) for name, make in MAKERS.items()}


@pytest.fixture(scope="session")
def items() -> dict[str, Item]:
    """The bill."""
    return load_bill()
