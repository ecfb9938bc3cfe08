"""Teams and posts one at a time, and the grids that posts answer for."""
