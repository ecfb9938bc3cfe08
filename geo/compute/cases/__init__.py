"""Cases: deadlines, spells of stages, figures that add up, orders of a hotline."""
