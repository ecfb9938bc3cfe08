"""Who reaches what in which time."""
