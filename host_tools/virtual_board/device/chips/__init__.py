"""Register-level models of the chips on the board, written from their datasheets."""
