"""Thousands of random cuts, moves and labellings, one after the other: the ground is always whole."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.compute.fabric.cut import cut_along, cut_out
from geo.compute.fabric.edges import edges_of
from geo.compute.fabric.faces import Fabric, n_faces_of
from geo.compute.fabric.fault import fault_of
from geo.compute.fabric.move import move_points
from geo.compute.fabric.rings import faces_area_e7, shapes_of
from geo.compute.fabric.shapes import fabric_of
from geo.errors import BadGeometry
from geo.units import NONE
from tests.fabrics import CORNER_E7, drawn, is_coverage, patchwork, same_fabric, same_shapes

SEEDS = st.integers(0, 10**6)
N_EDITS = 8
N = 5
"""Quarters in a row."""


def edited(fabric: Fabric, step: int, rng: np.random.Generator) -> tuple[Fabric, np.ndarray]:
    """A fabric after a random edit, and which face each face was part of."""
    may_change = rng.random(n_faces_of(fabric)) < 0.9
    snap = float(rng.choice([0, 1, step / 20, step / 5]))
    span = N * step
    places = edges_of(fabric)[0].e7
    kind = rng.integers(4)
    if kind < 2:
        line = rng.integers(-span // 10, span + span // 10, (int(rng.integers(2, 7)), 2)) + CORNER_E7
        on_border = rng.random(len(line)) < 0.3
        line[on_border] = places[rng.integers(0, len(places), on_border.sum())]
        cut = (cut_along if kind == 0 else cut_out)(fabric, line, may_change, snap)
        inside = np.unique(cut.parent_of_face[cut.is_inside])
        assert may_change[inside].all()
        assert may_change[cut.parent_of_face[n_faces_of(fabric) :]].all()
        return cut.fabric, cut.parent_of_face
    is_within = ((places - CORNER_E7 > 0) & (places - CORNER_E7 < span)).all(axis=1)
    choice = np.flatnonzero(is_within) if is_within.any() and rng.random() < 0.9 else np.arange(len(places))
    chosen = rng.choice(choice, int(rng.integers(1, 3)))
    far = step if kind == 2 else step // 8 + 2
    goal = places[chosen] + rng.integers(-far, far + 1, (len(chosen), 2))
    begin = places[chosen] if rng.random() < 0.7 else (places[chosen] + places[(chosen + 1) % len(places)]) // 2
    return move_points(fabric, begin, goal, may_change, snap), np.arange(n_faces_of(fabric))


def total(fabric: Fabric) -> float:
    return float(faces_area_e7(fabric, n_faces_of(fabric)).sum())


@given(SEEDS, st.sampled_from([9, 30, 1000, 10**6]))
@settings(max_examples=400, deadline=None)
def test_random_edits(seed: int, step: int) -> None:
    fabric, _ = patchwork(seed, N, step)
    rng = np.random.default_rng(seed)
    for _ in range(N_EDITS):
        as_it_was = Fabric(*(values.copy() for values in fabric))
        try:
            after, parent = edited(fabric, step, rng)
        except BadGeometry:
            assert same_fabric(fabric, as_it_was)
            continue
        assert same_fabric(fabric, as_it_was)
        assert fault_of(after) is None
        assert len(np.unique(parent)) == n_faces_of(fabric)
        # borders are bent by one at most, each by what it is long
        rim = edges_of(fabric)[0]
        assert abs(total(after) - total(fabric)) <= 4 * step * len(rim.a)
        fabric = after
    faces = shapes_of(fabric, np.arange(n_faces_of(fabric)), n_faces_of(fabric))
    assert shapely.is_valid(faces).all()
    assert is_coverage(faces)
    whole = shapely.coverage_union_all(faces)
    assert sum(drawn(face).area for face in faces) == drawn(whole).area == total(fabric)
    assert _borders(fabric_of(faces)) == _borders(fabric)
    n_labels = int(rng.integers(1, 5))
    label = rng.integers(NONE, n_labels, len(faces))
    ours = shapes_of(fabric, label, n_labels)
    theirs = [shapely.coverage_union_all(faces[label == k]) for k in range(n_labels)]
    assert shapely.is_valid(ours).all()
    assert same_shapes(ours, theirs)
    assert is_coverage(ours)


def _borders(fabric: Fabric) -> set[tuple[tuple[int, ...], tuple[int, ...], int, int]]:
    """All straight pieces with what lies on either side, however they are strung together."""
    edges, _ = edges_of(fabric)
    rows = zip(
        edges.e7[edges.a].tolist(), edges.e7[edges.b].tolist(), edges.left.tolist(), edges.right.tolist(), strict=True
    )
    return {(*sorted((tuple(a), tuple(b))), *((left, right) if a < b else (right, left))) for a, b, left, right in rows}  # type: ignore[misc]
