"""Flow smoothing against a dense solver, and its gradient against finite differences."""

from __future__ import annotations

import torch
from torch import Tensor

from primage.nets.flow_smoothing import smooth_flow


def problem(height: int = 4, width: int = 5, batch: int = 2) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    rng = torch.Generator().manual_seed(0)

    def rand(*shape: int) -> Tensor:
        return torch.rand(shape, generator=rng, dtype=torch.float64)

    flow = rand(batch, 2, height, width) * 2 - 1
    return (
        flow,
        rand(batch, 1, height, width) + 0.1,
        rand(batch, 1, height, width - 1),
        rand(batch, 1, height - 1, width),
    )


def dense(flow: Tensor, data_weight: Tensor, right: Tensor, down: Tensor) -> Tensor:
    """The same by building the matrix."""
    height, width = flow.shape[2:]
    out = torch.empty_like(flow)
    for b in range(flow.shape[0]):
        matrix = torch.diag(data_weight[b].flatten())

        def connect(i: int, j: int, weight: Tensor, matrix: Tensor = matrix) -> None:
            matrix[i, i] += weight
            matrix[j, j] += weight
            matrix[i, j] -= weight
            matrix[j, i] -= weight

        for y in range(height):
            for x in range(width):
                if x + 1 < width:
                    connect(y * width + x, y * width + x + 1, right[b, 0, y, x])
                if y + 1 < height:
                    connect(y * width + x, (y + 1) * width + x, down[b, 0, y, x])
        right_hand_side = (data_weight[b] * flow[b]).flatten(1)
        out[b] = torch.linalg.solve(matrix, right_hand_side.T).T.reshape(2, height, width)
    return out


def test_the_solution_is_that_of_a_dense_solver() -> None:
    torch.testing.assert_close(smooth_flow(*problem()), dense(*problem()), atol=1e-6, rtol=1e-4)


def test_the_gradient_is_right() -> None:
    inputs = tuple(x.requires_grad_() for x in problem(3, 4, 1))
    assert torch.autograd.gradcheck(smooth_flow, inputs, atol=1e-5)


def test_constant_flow_stays() -> None:
    _, data_weight, right, down = problem()
    flow = torch.full((2, 2, 4, 5), 0.3, dtype=torch.float64)
    torch.testing.assert_close(smooth_flow(flow, data_weight, right, down), flow)


def test_unreliable_vectors_follow_their_neighbours_up_to_a_discontinuity() -> None:
    flow = torch.zeros(1, 2, 1, 6)
    flow[..., 0], flow[..., 5] = 1.0, -1.0
    data_weight = torch.tensor([10.0, 1e-4, 1e-4, 1e-4, 1e-4, 10.0]).view(1, 1, 1, 6)
    right = torch.tensor([1.0, 1.0, 0.0, 1.0, 1.0]).view(1, 1, 1, 5)
    smooth = smooth_flow(flow, data_weight, right, torch.zeros(1, 1, 0, 6))
    torch.testing.assert_close(smooth[0, 0, 0], torch.tensor([1.0, 1, 1, -1, -1, -1]), atol=1e-2, rtol=0)
