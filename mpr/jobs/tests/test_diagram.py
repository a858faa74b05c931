from __future__ import annotations

import re
from itertools import combinations, pairwise

import pytest

from mpr.jobs.diagram import RADIUS_PX, draw, edges_of
from profiles.shipped import read_profiles


def links(drawn):
    return {(link.source, link.target) for link in drawn.links}


def test_without_edges_the_stages_stand_in_one_row():
    drawn = draw(["a", "b", "c"], edges_of({"stages": ["a", "b", "c"], "edges": []}))
    assert [(node.column, node.lane) for node in drawn.nodes] == [(0, 0), (1, 0), (2, 0)]
    assert links(drawn) == {("a", "b"), ("b", "c")}


def test_a_link_that_follows_from_others_is_left_out():
    assert links(draw(["a", "b", "c"], [("a", "b"), ("b", "c"), ("a", "c")])) == {("a", "b"), ("b", "c")}


def test_a_branch_has_a_lane_of_its_own_and_comes_back():
    drawn = draw(list("abcd"), [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")])
    lanes = {node.name: node.lane for node in drawn.nodes}
    assert lanes["a"] == lanes["d"] == 0
    assert {lanes["b"], lanes["c"]} == {0, 1}
    assert links(drawn) == {("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")}


def test_two_branches_side_by_side_do_not_share_a_lane():
    edges = [("a", "b"), ("b", "c"), ("c", "d"), ("a", "x"), ("x", "d"), ("b", "y"), ("y", "d")]
    lanes = {node.name: node.lane for node in draw(list("abxcyd"), edges).nodes}
    assert lanes["x"] != lanes["y"]
    assert 0 not in (lanes["x"], lanes["y"])


@pytest.mark.parametrize("profile", read_profiles(), ids=lambda profile: profile.name)
def test_a_shipped_profile_is_drawn_without_a_stage_on_another_or_a_link_through_one(profile):
    pipeline = profile.pipeline
    drawn = draw(pipeline["stages"], edges_of(pipeline))
    assert {node.name for node in drawn.nodes} == set(pipeline["stages"])
    for one, other in combinations(drawn.nodes, 2):
        assert abs(one.x - other.x) > 2 * RADIUS_PX or abs(one.y - other.y) > 2 * RADIUS_PX
    places = {node.name: node for node in drawn.nodes}
    for link in drawn.links:
        assert places[link.source].column < places[link.target].column
        for node in drawn.nodes:
            if node.name not in (link.source, link.target):
                assert not _runs_through(link.path, node), (link, node)
    assert max(node.x for node in drawn.nodes) < drawn.width_px
    assert max(node.y for node in drawn.nodes) < drawn.height_px


def _runs_through(path, node):
    """Whether one of the path's straight parts crosses the node's disc."""
    corners = []
    x = y = 0.0
    for kind, numbers in re.findall(r"([MHVQ])([^MHVQ]+)", path):
        values = [float(number) for number in numbers.split()]
        x, y = {"M": values, "H": [values[0], y], "V": [x, values[0]], "Q": values[2:]}[kind]
        corners.append((x, y))
    for (x0, y0), (x1, y1) in pairwise(corners):
        near_x = min(x0, x1) - RADIUS_PX < node.x < max(x0, x1) + RADIUS_PX
        near_y = min(y0, y1) - RADIUS_PX < node.y < max(y0, y1) + RADIUS_PX
        if near_x and near_y:
            return True
    return False
