"""The PostGIS that `make run` and `make test` start for themselves.

system.py     small questions to the operating system
programs.py   which PostgreSQL of this machine is new enough and has PostGIS
account.py    the unprivileged account that runs it, and what that account can reach
private.py    PrivateCluster: one data directory under GRIDCIRCLE_HOME, started and stopped
compose.py    the same by Docker, where no packages are
where.py      which of them a command uses
"""
