"""Limits, ways of moving, catalogues and tag tables: data with their sources. One TOML file each; loaded here."""
