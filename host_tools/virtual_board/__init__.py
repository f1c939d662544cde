"""A board in software: MicroPython runs `firmware/` unchanged on virtual hardware and time."""

from host_tools.virtual_board.board import Board, BoardError
from host_tools.virtual_board.options import Options
from host_tools.virtual_board.stimulus import Stimulus, at_rest
from host_tools.virtual_board.trace import Pulse, Trace

__all__ = ["Board", "BoardError", "Options", "Pulse", "Stimulus", "Trace", "at_rest"]
