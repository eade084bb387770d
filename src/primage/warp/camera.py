"""The view of a camera that moves through a simple scene, as a sampling grid: pure maths, without randomness.

Lengths are in heights of the camera above the ground. Picture coordinates are isotropic, in half widths: (x, y · H/W).
A pixel p is seen along the ray (u, 1), u = (p - v) / f, with the vanishing point v and the focal length f.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from primage.grid import identity_grid, reflect, resample
from primage.warp.regions import Regions

#: Smallest ratio of a point's depths before and after the motion, for points that only the moved camera sees.
_MIN_RATIO = 0.1


@dataclass(frozen=True)
class Room:
    """A scene of five planes: walls on both sides, ground, ceiling (or sky) and a far wall, all seen from inside.

    Attributes:
        left, right, ground, ceiling, far: distances of the planes from the camera, positive.
        vanishing_point: (x, y), normalised: where the edges between walls, ground and ceiling would meet.
        focal_length: in half widths of the picture.
    """

    left: float
    right: float
    ground: float
    ceiling: float
    far: float
    vanishing_point: tuple[float, float] = (0.0, 0.0)
    focal_length: float = 2.0

    def origin(self, aspect: float) -> Float[Tensor, 2]:
        """The vanishing point in isotropic coordinates."""
        return torch.tensor(self.vanishing_point) * torch.tensor([1.0, aspect])

    def rays(self, points: Float[Tensor, "*n 2"], aspect: float) -> Float[Tensor, "*n 2"]:
        """The u of the rays (u, 1) of points (x, y), normalised, in a picture of this height / width."""
        return (points * points.new_tensor([1.0, aspect]) - self.origin(aspect)) / self.focal_length

    def inverse_depth(
        self, rays: Float[Tensor, "*n 2"], camera: tuple[float, float, float] = (0.0, 0.0, 0.0)
    ) -> Float[Tensor, "*n 1"]:
        """Inverse depth of what is seen along rays: the nearest of the five planes, 1 / z = max(u · n / distance).

        Args:
            rays: (…, 2), the u of the rays (u, 1).
            camera: place of the camera, (x to the right, y down, z forward), inside the room.

        Returns:
            (…, 1), positive.
        """
        x, y, z = camera
        across, down = rays[..., :1], rays[..., 1:]
        sides = torch.maximum(across / (self.right - x), -across / (self.left + x))
        levels = torch.maximum(down / (self.ground - y), -down / (self.ceiling + y))
        return torch.maximum(sides, levels).clamp(min=1 / (self.far - z))


@dataclass(frozen=True)
class Motion:
    """The motion of a camera.

    Attributes:
        shift: (x to the right, y down, z forward); the camera stays inside the room.
        rotation: (3, 3) rotation, from rays of the moved camera to those of the first one.
        zoom: factor by which the picture is enlarged.
    """

    shift: tuple[float, float, float] = (0.0, 0.0, 0.0)
    rotation: Float[Tensor, "3 3"] | None = None
    zoom: float = 1.0


def rotation(yaw: float, pitch: float, roll: float) -> Float[Tensor, "3 3"]:
    """The rotation of a camera that turns to the right, then down, then clockwise.

    Args:
        yaw: angle in radians.
        pitch: angle in radians.
        roll: angle in radians.

    Returns:
        (3, 3), from rays of the turned camera to those before.
    """
    angles = torch.tensor([yaw, pitch, roll])
    (cy, cp, cr), (sy, sp, sr) = angles.cos().tolist(), angles.sin().tolist()
    about_y = torch.tensor([[cy, 0.0, sy], [0.0, 1.0, 0.0], [-sy, 0.0, cy]])
    about_x = torch.tensor([[1.0, 0.0, 0.0], [0.0, cp, sp], [0.0, -sp, cp]])
    about_z = torch.tensor([[cr, -sr, 0.0], [sr, cr, 0.0], [0.0, 0.0, 1.0]])
    return about_y @ about_x @ about_z


def source_points(
    points: Float[Tensor, "*n 2"], room: Room, motion: Motion, aspect: float, depth: float | None = None
) -> Float[Tensor, "*n 2"]:
    """Where the first camera saw what the moved camera sees.

    A point at depth z' in the moved camera's view, on the ray (u', 1), is z' (u', 1) + t as seen before the motion t.
    So its source is

        u = (z' u' + t_xy) / (z' + t_z) = (u' + q t_xy) / (1 + q t_z),   q = 1 / z'.

    On a plane, q is linear in u', so u is a homography of u': lines on one plane stay straight. Points at infinity,
    q = 0, stay where they are, and near points move most. A rotation before that, u' ∝ R (u'', 1), and the zoom are
    homographies, too.

    Args:
        points: (…, 2), (x, y), normalised, in the moved camera's picture.
        room: the scene, around the first camera.
        motion: how the camera moves.
        aspect: height of the picture divided by its width.
        depth: of a plane that faces the moved camera and is seen in place of the room.

    Returns:
        (…, 2), (x, y), normalised; outside [-1, 1] where the first camera's picture did not reach.

    Source:
        Hartley & Zisserman 2004, §13.1: a plane induces a homography.
    """
    rays = room.rays(points / motion.zoom, aspect)
    if motion.rotation is not None:
        turned = torch.cat([rays, torch.ones_like(rays[..., :1])], dim=-1) @ motion.rotation.T
        rays = turned[..., :2] / turned[..., 2:]
    inverse_depth = room.inverse_depth(rays, motion.shift) if depth is None else rays.new_full((1,), 1 / depth)
    ratio = (1 + inverse_depth * motion.shift[2]).clamp(min=_MIN_RATIO)
    before = (rays + inverse_depth * rays.new_tensor(motion.shift[:2])) / ratio
    return (before * room.focal_length + room.origin(aspect)) / before.new_tensor([1.0, aspect])


def camera_grid(
    room: Room, motion: Motion, size: tuple[int, int], regions: Regions | None = None
) -> Float[Tensor, "1 h w 2"]:
    """The sampling grid of the moved camera's view.

    A standing region (`Regions`) is an object that faces the camera: it has the depth of the plane under its feet, and
    keeps its shape. Nearer ones hide farther ones. Background that becomes visible is mirrored at the object's outline.

    Args:
        room: the scene, around the first camera.
        motion: how the camera moves.
        size: (height, width) of the picture.
        regions: regions of its label map.

    Returns:
        (1, H, W, 2), (x, y), normalised, within [-1, 1] (borders reflected): the source of every pixel.

    Source:
        The room with upright objects is that of Horry, Anjyo & Arai 1997, "Tour into the picture". Deviations: there, a
        user says where they are.
    """
    aspect = size[0] / size[1]
    points = identity_grid(size)
    grid = reflect(source_points(points, room, motion, aspect))
    if regions is None or not regions.standing.any():
        return grid
    # To the nearest pixel: offsets to opposite sides of an object must not mix.
    grid = grid + resample(regions.background, grid, "nearest").permute(0, 2, 3, 1)
    depths = 1 / room.inverse_depth(room.rays(regions.feet, aspect))[:, 0]
    for i in depths.argsort(descending=True).tolist():
        depth = float(depths[i]) - motion.shift[2]
        if regions.standing[i] and depth > 0:
            source = source_points(points, room, motion, aspect, depth)
            seen = F.grid_sample(regions.index, source, mode="nearest", align_corners=True)[:, 0] == i + 1
            grid = torch.where(seen[..., None], source, grid)
    return reflect(grid)
