"""A file is taken in whole, or not at all."""
