"""The model, made once for all tests; without build123d each of its files says what is missing."""

import pytest

from hardware.bill import Item, load_bill
from hardware.enclosure.dimensions import DIMENSIONS


@pytest.fixture(scope="session")
def printed() -> dict:
    """All printed parts as worn, by name."""
    from hardware.enclosure.printed import MAKERS

    return {name: make(DIMENSIONS) for name, make in MAKERS.items()}


@pytest.fixture(scope="session")
def items() -> dict[str, Item]:
    """The bill."""
    return load_bill()
