"""Grids redrawn: from a draft to a plan in force."""
