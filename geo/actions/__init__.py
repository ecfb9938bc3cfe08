"""The verbs: one file, one verb, load -> compute -> save."""
