"""The diffusion of displacements against a dense solver, and its gradient against numbers."""

from __future__ import annotations

import torch
from torch import Tensor

from primage.nets.diffusion import diffuse


def problem(height: int = 4, width: int = 5, batch: int = 2) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)

    def rand(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator, dtype=torch.float64)

    moved = rand(batch, 2, height, width) * 2 - 1
    return (
        moved,
        rand(batch, 1, height, width) + 0.1,
        rand(batch, 1, height, width - 1),
        rand(batch, 1, height - 1, width),
    )


def dense(moved: Tensor, trust: Tensor, right: Tensor, down: Tensor) -> Tensor:
    """The same by building the matrix."""
    height, width = moved.shape[2:]
    out = torch.empty_like(moved)
    for b in range(moved.shape[0]):
        matrix = torch.diag(trust[b].flatten())

        def bond(i: int, j: int, weight: Tensor, matrix: Tensor = matrix) -> None:
            matrix[i, i] += weight
            matrix[j, j] += weight
            matrix[i, j] -= weight
            matrix[j, i] -= weight

        for y in range(height):
            for x in range(width):
                if x + 1 < width:
                    bond(y * width + x, y * width + x + 1, right[b, 0, y, x])
                if y + 1 < height:
                    bond(y * width + x, (y + 1) * width + x, down[b, 0, y, x])
        wanted = (trust[b] * moved[b]).flatten(1)
        out[b] = torch.linalg.solve(matrix, wanted.T).T.reshape(2, height, width)
    return out


def test_it_solves_what_a_dense_solver_solves() -> None:
    torch.testing.assert_close(diffuse(*problem()), dense(*problem()), atol=1e-6, rtol=1e-4)


def test_its_gradient_is_right() -> None:
    inputs = tuple(x.requires_grad_() for x in problem(3, 4, 1))
    assert torch.autograd.gradcheck(diffuse, inputs, atol=1e-5)


def test_a_field_that_is_the_same_everywhere_stays() -> None:
    _, trust, right, down = problem()
    field = torch.full((2, 2, 4, 5), 0.3, dtype=torch.float64)
    torch.testing.assert_close(diffuse(field, trust, right, down), field)


def test_what_is_not_trusted_follows_its_neighbours_up_to_a_broken_bond() -> None:
    moved = torch.zeros(1, 2, 1, 6)
    moved[..., 0], moved[..., 5] = 1.0, -1.0
    trust = torch.tensor([10.0, 1e-4, 1e-4, 1e-4, 1e-4, 10.0]).view(1, 1, 1, 6)
    right = torch.tensor([1.0, 1.0, 0.0, 1.0, 1.0]).view(1, 1, 1, 5)
    field = diffuse(moved, trust, right, torch.zeros(1, 1, 0, 6))
    torch.testing.assert_close(field[0, 0, 0], torch.tensor([1.0, 1, 1, -1, -1, -1]), atol=1e-2, rtol=0)
