"""Grids, streets, stations, people and the time it takes to walk between them.

nouns       plain files here: areas, grids, plans, stations, streets, people, incidents, coverage, imports
words/      every sentence a person reads, Chinese and English side by side
rules/      limits, ways of moving, catalogues and tag tables: data with their sources, never constants in code
compute/    arrays in, arrays out: no database, no clock, no dice
files/      foreign file formats to and from plain tables
store/      the only place that knows the database
actions/    the verbs: one file, one verb, load -> compute -> save
cluster/    the private PostGIS that `make run` and `make test` start
demo/       the generator of the fictional city Qinghe
cli/        the command `gridcircle`: words -> one action -> one answer
"""
