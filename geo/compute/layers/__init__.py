"""Departments' layers: cleaned, held against each other, told of units, merged."""
