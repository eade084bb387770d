"""Superpixels merged step by step: a tree whose nodes are regions of every size."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int32

#: A region that covers more of the photo is its ground, not an object.
LARGEST_SHARE = 0.8


@dataclass(frozen=True)
class Hierarchy:
    """A tree of regions. Superpixels are ordered so that those of each region are consecutive.

    Attributes:
        place: (H, W), the place of each pixel's superpixel in that order.
        parent: (N,), the region that each region was merged into; -1 at the root.
        first: (N,), where a region's superpixels begin.
        last: (N,), where they end, exclusive.
        leaf: (n,), the place of each superpixel → its number.
    """

    place: Int32[np.ndarray, "h w"]
    parent: Int32[np.ndarray, " nodes"]
    first: Int32[np.ndarray, " nodes"]
    last: Int32[np.ndarray, " nodes"]
    leaf: Int32[np.ndarray, " leaves"]

    def around(self, x: int, y: int) -> Iterator[Bool[np.ndarray, "h w"]]:
        """The regions that contain a pixel, from its superpixel to the largest that is not the ground.

        Args:
            x: column.
            y: row.
        """
        node = int(self.leaf[self.place[y, x]])
        while node >= 0:
            region = self.region(node)
            if region.mean() > LARGEST_SHARE:
                return
            yield region
            node = int(self.parent[node])

    def region(self, node: int) -> Bool[np.ndarray, "h w"]:
        """The pixels of a region.

        Args:
            node: its number.
        """
        return np.asarray((self.place >= self.first[node]) & (self.place < self.last[node]))


class _Merging:
    """The regions that are left, their histograms, and the length and strength of their common borders."""

    def __init__(
        self, cells: np.ndarray, edges: np.ndarray, histograms: np.ndarray, colour_weight: float, size_power: float
    ) -> None:
        self.leaves = len(histograms)
        self.colour_weight, self.size_power = colour_weight, size_power
        nodes = 2 * self.leaves - 1
        self.area = np.zeros(nodes)
        self.area[: self.leaves] = np.bincount(cells.ravel(), minlength=self.leaves)
        self.histogram = np.zeros((nodes, histograms.shape[1]), np.float32)
        self.root_histogram = np.zeros_like(self.histogram)
        self.parent = np.full(nodes, -1, np.int32)
        self.children: dict[int, tuple[int, int]] = {}
        self.borders: list[dict[int, tuple[float, float]]] = [{} for _ in range(nodes)]
        for node, histogram in enumerate(histograms):
            self._set_histogram(node, histogram)
        for (a, b), border in _borders(cells, edges).items():
            self.borders[a][b] = self.borders[b][a] = border

    def _set_histogram(self, node: int, histogram: np.ndarray) -> None:
        self.histogram[node] = histogram
        self.root_histogram[node] = np.sqrt(histogram / histogram.sum())

    def cost(self, a: int, b: int) -> float:
        length, strength = self.borders[a][b]
        unlike = 1 - float(self.root_histogram[a] @ self.root_histogram[b])
        share = min(self.area[a], self.area[b]) / self.area[: self.leaves].sum()
        return float((strength / length + self.colour_weight * unlike) * share**self.size_power)

    def merge(self, a: int, b: int, node: int) -> None:
        self.parent[a] = self.parent[b] = node
        self.children[node] = (a, b)
        self.area[node] = self.area[a] + self.area[b]
        self._set_histogram(node, self.histogram[a] + self.histogram[b])
        joined = dict(self.borders[a])
        for other, (length, strength) in self.borders[b].items():
            before = joined.get(other, (0.0, 0.0))
            joined[other] = (before[0] + length, before[1] + strength)
        del joined[a], joined[b]
        self.borders[node] = joined
        for other, border in joined.items():
            self.borders[other].pop(a, None)
            self.borders[other].pop(b, None)
            self.borders[other][node] = border
        self.borders[a], self.borders[b] = {}, {}


def build_hierarchy(
    cells: Int32[np.ndarray, "h w"],
    edges: Float32[np.ndarray, "h w"],
    histograms: Float32[np.ndarray, "n k"],
    colour_weight: float,
    size_power: float,
) -> Hierarchy:
    """Merge superpixels, the most similar pair of neighbours first.

    Args:
        cells: (H, W) superpixels 0 … n-1, all connected.
        edges: (H, W) edge strength.
        histograms: (n, k), of each superpixel.
        colour_weight: weight of the difference of colours beside that of the border's strength.
        size_power: small regions are merged earlier with a larger exponent.

    Source:
        Cost as in hierarchical region merging (Arbeláez et al. 2011): mean strength of the common border; colours by
        the Bhattacharyya coefficient.
    """
    merging = _Merging(cells, edges, histograms, colour_weight, size_power)
    queue = [(merging.cost(a, b), a, b) for a in range(merging.leaves) for b in merging.borders[a] if a < b]
    heapq.heapify(queue)
    node = merging.leaves
    while queue:
        _, a, b = heapq.heappop(queue)
        if merging.parent[a] >= 0 or merging.parent[b] >= 0:
            continue
        merging.merge(a, b, node)
        for other in merging.borders[node]:
            heapq.heappush(queue, (merging.cost(node, other), other, node))
        node += 1
    return _ordered(cells, merging)


def _borders(cells: np.ndarray, edges: np.ndarray) -> dict[tuple[int, int], tuple[float, float]]:
    """Length and summed strength of the border of each pair of neighbours."""
    a = np.concatenate([cells[:, :-1].ravel(), cells[:-1].ravel()])
    b = np.concatenate([cells[:, 1:].ravel(), cells[1:].ravel()])
    strength = np.concatenate(
        [np.maximum(edges[:, :-1], edges[:, 1:]).ravel(), np.maximum(edges[:-1], edges[1:]).ravel()]
    )
    apart = a != b
    a, b, strength = a[apart], b[apart], strength[apart]
    count = int(cells.max()) + 1
    pairs, number = np.unique(np.minimum(a, b).astype(np.int64) * count + np.maximum(a, b), return_inverse=True)
    lengths, sums = np.bincount(number, minlength=len(pairs)), np.bincount(number, strength, len(pairs))
    return {
        (int(pair // count), int(pair % count)): (float(length), float(total))
        for pair, length, total in zip(pairs, lengths, sums, strict=True)
    }


def _ordered(cells: np.ndarray, merging: _Merging) -> Hierarchy:
    nodes = len(merging.parent)
    first, last = np.zeros(nodes, np.int32), np.zeros(nodes, np.int32)
    place, leaf = np.zeros(merging.leaves, np.int32), np.zeros(merging.leaves, np.int32)
    count = 0
    waiting = [(nodes - 1, False)]
    while waiting:
        node, done = waiting.pop()
        if done:
            last[node] = count
            continue
        first[node] = count
        if node < merging.leaves:
            place[node], leaf[count] = count, node
            count += 1
            last[node] = count
        else:
            a, b = merging.children[node]
            waiting += [(node, True), (b, False), (a, False)]
    return Hierarchy(place[cells], merging.parent, first, last, leaf)
