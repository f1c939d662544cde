"""Everything that runs on a computer: the virtual board, replay, evaluation, device tools."""
