"""Arrays in, arrays out: no database, no clock, no dice."""
