"""Stations one at a time."""
