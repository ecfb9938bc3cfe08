"""Small OpenStreetMap extracts, written for one test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import osmium
from osmium.osm.mutable import Node, Relation, Way

Tags = Mapping[str, str]
WRITTEN = datetime(2025, 6, 1, tzinfo=UTC)


def write_pbf(
    path: Path,
    nodes: Mapping[int, tuple[float, float]],
    ways: Sequence[tuple[Tags, Sequence[int]]] = (),
    tagged: Mapping[int, Tags] | None = None,
    relations: Sequence[tuple[Tags, Sequence[tuple[int, str] | tuple[str, int, str]]]] = (),
) -> Path:
    """A PBF of nodes (id -> lon, lat), ways (tags, node ids; numbered from 1) and relations.

    Members of relations are ways (id, role), or anything else (kind, id, role).
    """
    with osmium.SimpleWriter(str(path)) as file:
        for number in sorted(nodes):
            file.add_node(Node(id=number, location=nodes[number], tags=dict((tagged or {}).get(number, {})), version=1))
        for number, (tags, refs) in enumerate(ways, start=1):
            file.add_way(Way(id=number, nodes=list(refs), tags=dict(tags), timestamp=WRITTEN, version=1))
        for number, (tags, members) in enumerate(relations, start=1):
            parts = [member if len(member) == 3 else ("w", *member) for member in members]
            file.add_relation(Relation(id=number, members=parts, tags=dict(tags), version=1))
    return path
