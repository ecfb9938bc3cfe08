"""Drafts of grids on units: edits, rules, load, codes, and what changes for whom."""
