"""Who reaches whom within the time, and what is told of it: searches, circles, coverage, what-ifs."""
