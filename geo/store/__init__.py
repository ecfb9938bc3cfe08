"""Rows in, nouns out: the only place that knows the database. It never computes."""
