"""Foreign file formats to and from plain tables."""
