"""Visits that fall due, and rounds past doors."""
