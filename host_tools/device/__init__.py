"""The device at the other end of a cable: link, flash, watch, record, tune, report."""
