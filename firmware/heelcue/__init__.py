"""Heelcue: feels every heel-off of one foot and cues the wearer with a buzz."""

__version__ = "0.1.0"

# In the RTC's memory: a host that had the REPL just now asks for a start without boot window
START_NOW = b"heelcue now"
