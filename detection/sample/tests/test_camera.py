"""The pinhole camera against hand-worked projections."""

import numpy as np
import pytest

from detection.sample.camera import Camera, CameraPath, Key, ease, look_at

LEVEL = Camera(
    position_m=(0.0, 0.0, 2.0), pan_rad=0.0, tilt_rad=0.0, roll_rad=0.0, focal_px=1000.0, width_px=1281, height_px=721
)


@pytest.mark.parametrize(
    ("point_m", "px"),
    [
        ((0.0, 10.0, 2.0), (640.0, 360.0)),
        ((1.0, 10.0, 2.0), (740.0, 360.0)),
        ((0.0, 10.0, 1.0), (640.0, 460.0)),
        ((-2.0, 20.0, 4.0), (540.0, 260.0)),
    ],
    ids=["ahead", "to the right", "below", "left, high and far"],
)
def test_level_camera_projects_by_similar_triangles(point_m, px):
    seen, depths = LEVEL.project(np.array([point_m]))
    assert seen[0] == pytest.approx(px)
    assert depths[0] == pytest.approx(point_m[1])


def test_point_behind_has_negative_depth():
    assert LEVEL.project(np.array([[0.0, -5.0, 2.0]]))[1][0] == pytest.approx(-5.0)


def test_axes_are_orthonormal_under_pan_tilt_and_roll():
    camera = Camera(
        position_m=(3.0, 1.0, 9.0), pan_rad=0.7, tilt_rad=0.3, roll_rad=0.1, focal_px=900, width_px=640, height_px=360
    )
    assert camera.axes @ camera.axes.T == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(camera.axes) == pytest.approx(1.0)


def test_look_at_puts_its_target_in_the_middle():
    camera = look_at((5.0, -12.0, 8.0), (20.0, 40.0, 1.0), focal_px=1500, width_px=1280, height_px=720)
    assert camera.project(np.array([[20.0, 40.0, 1.0]]))[0][0] == pytest.approx((639.5, 359.5))


def test_plane_homography_agrees_with_projection():
    camera = look_at((5.0, -12.0, 8.0), (20.0, 40.0, 1.0), focal_px=1500, width_px=1280, height_px=720)
    origin, along, across = np.array([10.0, 40.0, 2.0]), np.array([1.0, 0, 0]), np.array([0, 0, -1.0])
    x, y, w = camera.plane(origin, along, across) @ np.array([6.0, 0.8, 1.0])
    assert (x / w, y / w) == pytest.approx(camera.project(np.array([[16.0, 40.0, 1.2]]))[0][0])


def test_path_keeps_to_its_keys_and_eases_between():
    keys = (
        Key(at_s=0.0, position_m=(0, 0, 5), target_m=(0, 50, 0), focal_px=1000),
        Key(at_s=2.0, position_m=(0, 0, 5), target_m=(10, 50, 0), focal_px=1000),
    )
    path = CameraPath(keys, np.random.default_rng(1), shake_px=0.0, width_px=1280, height_px=720)
    pans = [path.at(t).pan_rad for t in (-1.0, 0.0, 0.1, 1.0, 1.9, 2.0, 5.0)]
    assert pans[0] == pans[1] == pytest.approx(0.0)
    assert pans[5] == pans[6] == pytest.approx(np.arctan2(10, 50))
    # Soft at both ends: a twentieth of the time covers far less than a twentieth of the way.
    assert pans[2] < 0.002 * pans[5]
    assert pans[5] - pans[4] < 0.002 * pans[5]


def test_shake_moves_the_picture_by_about_its_size():
    key = Key(at_s=0.0, position_m=(0, 0, 5), target_m=(0, 50, 0), focal_px=2000)
    path = CameraPath((key,), np.random.default_rng(1), shake_px=3.0, width_px=1280, height_px=720)
    spots = np.array([path.at(t).project(np.array([[0.0, 50.0, 0.0]]))[0][0] for t in np.arange(0, 8, 0.1)])
    assert 1.0 < np.abs(spots - (639.5, 359.5)).max() < 9.0


@pytest.mark.parametrize(("share", "eased"), [(-1.0, 0.0), (0.0, 0.0), (0.5, 0.5), (1.0, 1.0), (2.0, 1.0)])
def test_ease(share, eased):
    assert ease(share) == pytest.approx(eased)
