"""Undoes JPEG compression of a drawing in known colours: finds the drawing that, compressed, gives the file.

JPEG keeps the lightness of every pixel, but of 2 × 2 pixels only the mean hue. So where areas are narrow, a pixel's
colour says little; its lightness and the cell's hue together tell which of the known colours are there. The drawing
sought has the least sum of squared differences from the file's planes, in units of the file's own noise, plus a cost
for each border.

Source:
    The cost is that of a Markov random field (Geman & Geman 1984), minimised by iterated conditional modes (Besag
    1986): of single pixels, then of cells and connected areas as a whole.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float32, Int16, Int32, Int64, UInt8

from primage.decoding.jpeg import RGB_TO_YCC, JpegPlanes
from primage.labels.drawn_colours import DrawnColours
from primage.labels.flatness import flat_squares, squares

Index = Int16[np.ndarray, "h w"]
Cells = Bool[np.ndarray, "h2 w2"]
Part = tuple[slice, slice]

log = logging.getLogger(__name__)

#: Costs of a pixel's side between two labels, and of a pixel of a line.
_BORDER, _LINE = 1.5, 0.5
#: Standard deviations are at least so many levels, as every stored value was rounded several times.
_MIN_NOISE = 2.0
#: Rounds over single pixels, and over cells and areas.
_PIXEL_ROUNDS, _ROUNDS = 2, 4
#: A cell shows at most so many labels: the commonest of the 3 × 3 cells around it.
_MOST_LABELS = 4
#: Numbers that are computed at once.
_CHUNK = 1 << 22
#: Blocks of 8 × 8 samples that JPEG compresses differ from the drawing by so much noise at most. Measured: by at most
#: 1.25 for drawings that were only compressed. Of those scaled or blurred before, at least 15 % of the blocks
#: differ by more, but only 2 % where the noise is stronger than that of quality 75.
_BLOCK, _MOST_NOISE = 8, 1.3
#: So where the search is stuck in a wrong drawing, so large a share of the blocks may, and where noise is strong.
_STUCK, _STUCK_NOISY, _NOISY_LEVELS = 0.05, 0.01, 10.0
#: The search is given up where single pixels and areas leave so large a share. Drawings of ten photos that were only
#: compressed leave at most 0.18 (quality 95, half the chroma resolution), photos over 0.9.
_HOPELESS = 0.5
#: Squares of this side whose colours vary by no more than a range are flat; they have their label's colour, up to so
#: many levels.
_FLAT_SIDE, _FLAT_RANGE, _FLAT_LEVELS = 5, 16, 24.0
_SIDES = ((-1, 0), (1, 0), (0, -1), (0, 1))


def uncompressed(
    drawn: DrawnColours, labels: Int32[np.ndarray, " n 3"], lines: Int32[np.ndarray, " m 3"], where: str
) -> UInt8[np.ndarray, "h w 3"] | None:
    """A drawing as it was before JPEG compression, and a note that says so.

    Args:
        drawn: its file.
        labels: (N, 3), the colours of its labels.
        lines: (M, 3), the colours of the lines over them.
        where: its name in messages.

    Returns:
        (H, W, 3), in these colours only; None if it is no JPEG, or no drawing in these colours gives the file.
    """
    if drawn.planes is None:
        return None
    colours = np.concatenate([labels, lines])
    index = undo_jpeg(drawn.planes, colours, len(lines))
    if index is None:
        return None
    log.info("%s: JPEG compression was undone, since the drawing has known colours only", where)
    return np.asarray(colours.astype(np.uint8)[index])


def undo_jpeg(planes: JpegPlanes, colours: Int32[np.ndarray, " n 3"], lines: int = 0) -> Index | None:
    """The drawing that a JPEG file was made from.

    Args:
        planes: the file's.
        colours: (N, 3), all colours that the drawing may have: those of labels, then of lines drawn over them.
        lines: how many of them are colours of lines.

    Returns:
        (H, W), the position of each pixel's colour; None if no drawing in these colours gives the file.
    """
    drawing = _Drawing(planes, colours, lines)
    for _ in range(_PIXEL_ROUNDS):
        drawing.choose_pixels()
    drawing.choose_areas()
    if drawing.differing_blocks() > _HOPELESS:
        return None
    active = np.ones(drawing.chroma.shape[:2], bool)
    for _ in range(_ROUNDS):
        changed = drawing.choose_cells(active) | drawing.choose_areas()
        if not changed.any():
            break
        active = _grown(changed)
    height, width = planes.luma.shape
    return drawing.index[:height, :width] if drawing.explains_file() else None


class _Drawing:
    """A guess at the drawing, which each step improves. Its sides are multiples of a cell's."""

    def __init__(self, planes: JpegPlanes, colours: Int32[np.ndarray, " n 3"], lines: int) -> None:
        values = colours.astype(np.float32) @ RGB_TO_YCC.T
        self.luma_of, self.chroma_of = values[:, 0], values[:, 1:]
        self.is_line = np.arange(len(colours)) >= len(colours) - lines
        self.cell, self.chroma = planes.cell, planes.chroma
        self.pixels = [(y, x) for y in range(planes.cell[0]) for x in range(planes.cell[1])]
        missing = [(0, -side % count) for side, count in zip(planes.luma.shape, planes.cell, strict=True)]
        self.luma = np.pad(planes.luma, missing, mode="edge")
        self.luma_noise, self.chroma_noise = (max(_MIN_NOISE, noise) for noise in planes.noise)
        # The cost of a difference is its square divided by twice the variance.
        self.luma_weight, self.chroma_weight = (0.5 / noise**2 for noise in (self.luma_noise, self.chroma_noise))
        self.index = np.zeros(self.luma.shape, np.int16)
        for pixel in self.pixels:
            self._choose(self._part(*pixel), self.chroma, self.chroma_weight / len(self.pixels), [])

    def choose_pixels(self) -> None:
        """Choose the colour of each pixel, given all others."""
        count = len(self.pixels)
        total = self._means() * count
        padded = np.pad(self.index, 1, constant_values=-1)
        for y, x in self.pixels:
            part = self._part(y, x)
            others = total - self.chroma_of[self.index[part]]
            beside = [padded[self._part(y + dy + 1, x + dx + 1)][: len(total), : total.shape[1]] for dy, dx in _SIDES]
            self._choose(part, self.chroma * count - others, self.chroma_weight / count**2, beside)
            total = others + self.chroma_of[self.index[part]]

    def choose_cells(self, active: Cells) -> Cells:
        """Choose the colours of each cell's pixels together, among those around it, given all other cells.

        Args:
            active: (H2, W2), the cells that are looked at.

        Returns:
            (H2, W2), those that changed.
        """
        counts, rows, columns = self._labels_around(active)
        order = np.argsort(-counts, axis=1, kind="stable")[:, :_MOST_LABELS].astype(np.int16)
        several = np.minimum((counts > 0).sum(axis=1), order.shape[1])
        lines = np.flatnonzero(self.is_line).astype(np.int16)
        changed = np.zeros(active.shape, bool)
        # Cells of the same parity do not touch.
        group = (rows % 2 * 2 + columns % 2) * (_MOST_LABELS + 1) + several
        for number in np.unique(group[several + len(lines) > 1]):
            chosen = np.flatnonzero(group == number)
            labels = int(several[chosen[0]])
            options = np.array(list(itertools.product(range(labels + len(lines)), repeat=len(self.pixels))))
            for start in range(0, len(chosen), max(1, _CHUNK // len(options))):
                at = chosen[start : start + max(1, _CHUNK // len(options))]
                candidates = np.concatenate([order[at, :labels], np.broadcast_to(lines, (len(at), len(lines)))], axis=1)
                changed[rows[at], columns[at]] = self._choose_among(rows[at], columns[at], candidates, options)
        return changed

    def choose_areas(self) -> Cells:
        """Choose the label of each connected area as a whole, given all others; returns the cells that changed."""
        area, count = _areas(self.index)
        own = np.zeros(count, np.int16)
        own[area] = self.index
        cost = self._area_costs(area, own)
        cost[:, self.is_line] = np.inf
        best = cost.argmin(axis=1)
        gain = cost[np.arange(count), own] - cost[np.arange(count), best]
        gain[self.is_line[own]] = 0
        moves = gain > 1e-3
        for pair in _pairs(area):  # of two that touch, the one that gains more
            one, other = np.unique(
                [each[(pair[0] != pair[1]) & moves[pair[0]] & moves[pair[1]]] for each in pair], axis=1
            )
            first = (gain[one] > gain[other]) | ((gain[one] == gain[other]) & (one < other))
            moves[np.where(first, other, one)] = False
        self.index[:] = np.where(moves, best, own).astype(np.int16)[area]
        return self._any_in_cell(moves[area])

    def differing_blocks(self) -> float:
        """The share of blocks that differ from the file by more than compression accounts for, in luma or chroma."""
        luma = (self.luma - self.luma_of[self.index])[..., None]
        hue = self.chroma - self._means()
        both = ((luma, self.luma_noise), (hue, self.chroma_noise))
        return max(float((_block_means(left**2) > (_MOST_NOISE * noise) ** 2).mean()) for left, noise in both)

    def explains_file(self) -> bool:
        """Whether compression accounts for all differences from the file, and no flat area has another colour."""
        if self.differing_blocks() > (_STUCK if self.luma_noise <= _NOISY_LEVELS else _STUCK_NOISY):
            return False
        stored = self._at_pixels(self.chroma)
        picture = np.concatenate([self.luma[..., None], stored + 128], axis=2).round().clip(0, 255).astype(np.uint8)
        flat = flat_squares(picture, np.ones(self.luma.shape, bool), _FLAT_SIDE, _FLAT_RANGE)
        luma = np.abs(self.luma - self.luma_of[self.index])
        off = np.maximum(luma, np.linalg.norm(stored - self.chroma_of[self.index], axis=2))
        return not squares(flat & (off > _FLAT_LEVELS), _FLAT_SIDE - 1).any()

    def _choose(
        self, part: Part, chroma: Float32[np.ndarray, "h2 w2 2"], weight: float, beside: Sequence[Index]
    ) -> None:
        """Choose the cheapest colour of one pixel of each cell, given its chroma and what is beside it."""
        luma = self.luma[part]
        least = np.full(luma.shape, np.inf, np.float32)
        counting = [(each >= 0) & ~self.is_line[each] for each in beside]
        for k in range(len(self.luma_of)):
            cost = self.luma_weight * (luma - self.luma_of[k]) ** 2
            cost += weight * ((chroma - self.chroma_of[k]) ** 2).sum(axis=2)
            if self.is_line[k]:
                cost += _LINE
            else:
                for each, counts in zip(beside, counting, strict=True):
                    cost += _BORDER * (counts & (each != k))
            self.index[part][cost < least] = k
            np.minimum(least, cost, out=least)

    def _choose_among(
        self,
        rows: Int64[np.ndarray, " b"],
        columns: Int64[np.ndarray, " b"],
        candidates: Int16[np.ndarray, "b c"],
        options: Int64[np.ndarray, "o p"],
    ) -> Bool[np.ndarray, " b"]:
        """Choose the cheapest combination of colours in some cells; returns which cells changed."""
        padded = np.pad(self.index, 1, constant_values=-1)
        is_line = self.is_line[candidates]
        cost = np.zeros((len(rows), len(options)), np.float32)
        total = np.zeros((*cost.shape, 2), np.float32)
        for number, (y, x) in enumerate(self.pixels):
            row, column = rows * self.cell[0] + y, columns * self.cell[1] + x
            own = self.luma_weight * (self.luma[row, column][:, None] - self.luma_of[candidates]) ** 2 + _LINE * is_line
            for dy, dx in _SIDES:
                if (y + dy, x + dx) in self.pixels:
                    continue
                beside = padded[row + dy + 1, column + dx + 1][:, None]
                own += _BORDER * ((beside >= 0) & ~self.is_line[beside] & (beside != candidates) & ~is_line)
            cost += own[:, options[:, number]]
            total += self.chroma_of[candidates][:, options[:, number]]
        for one, other in itertools.combinations(range(len(self.pixels)), 2):
            (y, x), (y2, x2) = self.pixels[one], self.pixels[other]
            if abs(y - y2) + abs(x - x2) == 1:
                differ = options[:, one] != options[:, other]
                cost += _BORDER * (differ & ~is_line[:, options[:, one]] & ~is_line[:, options[:, other]])
        mean = total / len(self.pixels)
        cost += self.chroma_weight * ((self.chroma[rows, columns][:, None] - mean) ** 2).sum(axis=2)
        best = options[cost.argmin(axis=1)]
        changed = np.zeros(len(rows), bool)
        for number, (y, x) in enumerate(self.pixels):
            row, column = rows * self.cell[0] + y, columns * self.cell[1] + x
            new = candidates[np.arange(len(rows)), best[:, number]]
            changed |= self.index[row, column] != new
            self.index[row, column] = new
        return changed

    def _labels_around(
        self, active: Cells
    ) -> tuple[Int32[np.ndarray, "b k"], Int64[np.ndarray, " b"], Int64[np.ndarray, " b"]]:
        """How often each label is seen in the 3 × 3 cells around active ones, without those that are all of a label."""
        seen = [_grown(self._any_in_cell(self.index == k)) for k in range(len(self.luma_of))]
        rows, columns = np.nonzero(active & (np.sum(seen, axis=0) > 1))
        around = np.pad(self.index, [(count, count) for count in self.cell], constant_values=-1)
        counts = np.zeros((len(rows), len(self.luma_of) + 1), np.int32)
        for y, x in itertools.product(range(3 * self.cell[0]), range(3 * self.cell[1])):
            found = around[rows * self.cell[0] + y, columns * self.cell[1] + x]
            np.add.at(counts, (np.arange(len(rows)), found), 1)
        counts = counts[:, :-1]
        counts[:, self.is_line] = 0
        return counts, rows, columns

    def _area_costs(self, area: Int64[np.ndarray, "h w"], own: Int16[np.ndarray, " a"]) -> Float32[np.ndarray, "a k"]:
        """What each area would cost in each colour."""
        count, colours = len(own), len(self.luma_of)
        flat = area.ravel()
        cost = np.zeros((count, colours), np.float32)
        cells = self._at_pixels(np.arange(self.chroma[..., 0].size).reshape(self.chroma.shape[:2]))
        pairs, pixels = np.unique(cells.astype(np.int64) * count + area, return_counts=True)
        cell, inside = np.divmod(pairs, count)
        left = (self.chroma - self._means()).reshape(-1, 2)[cell]
        share = (pixels / len(self.pixels)).astype(np.float32)[:, None]
        for k in range(colours):
            luma = self.luma_weight * (self.luma - self.luma_of[k]) ** 2
            step = (self.chroma_of[k] - self.chroma_of[own[inside]]) * share
            hue = self.chroma_weight * ((left - step) ** 2).sum(axis=1)
            cost[:, k] = np.bincount(flat, luma.ravel(), count) + np.bincount(inside, hue, count)
        borders = np.zeros((count, colours), np.int64)
        labels = own[area]
        for (one, other), (_, label) in zip(_pairs(area), _pairs(labels), strict=True):
            apart = one != other
            borders += np.bincount(one[apart] * colours + label[apart], minlength=borders.size).reshape(borders.shape)
        borders[:, self.is_line] = 0
        return np.asarray(cost + _BORDER * (borders.sum(axis=1, keepdims=True) - borders).astype(np.float32))

    def _part(self, y: int, x: int) -> Part:
        """One pixel of each cell."""
        return slice(y, None, self.cell[0]), slice(x, None, self.cell[1])

    def _at_pixels(self, cells: np.ndarray) -> np.ndarray:
        return cells.repeat(self.cell[0], axis=0).repeat(self.cell[1], axis=1)

    def _means(self) -> Float32[np.ndarray, "h2 w2 2"]:
        """The chroma that each cell would have."""
        total = sum(self.chroma_of[self.index[self._part(*pixel)]] for pixel in self.pixels)
        return np.asarray(total / len(self.pixels), np.float32)

    def _any_in_cell(self, mask: Bool[np.ndarray, "h w"]) -> Cells:
        return np.asarray(np.any([mask[self._part(*pixel)] for pixel in self.pixels], axis=0))


def _areas(index: Index) -> tuple[Int64[np.ndarray, "h w"], int]:
    """Numbers of the connected areas of one label, and how many there are."""
    from skimage.measure import label  # imported lazily: reading the table of kinds must not load scikit-image

    area, count = label(index + 1, connectivity=1, background=0, return_num=True)
    return area.astype(np.int64) - 1, int(count)


def _block_means(squares_of: Float32[np.ndarray, "h w c"]) -> Float32[np.ndarray, "h2 w2"]:
    """Means of the whole blocks, or of all if there are none."""
    height, width = (max(1, side // _BLOCK) for side in squares_of.shape[:2])
    tall, wide = (min(side, _BLOCK) for side in squares_of.shape[:2])
    blocks = squares_of[: height * tall, : width * wide].reshape(height, tall, width, wide, -1)
    return np.asarray(blocks.mean(axis=(1, 3, 4)))


def _pairs(values: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """The values of all pixels and of those beside them, in each direction."""
    down, right = (values[1:].ravel(), values[:-1].ravel()), (values[:, 1:].ravel(), values[:, :-1].ravel())
    return [pair for one, other in (down, right) for pair in ((one, other), (other, one))]


def _grown(cells: Cells) -> Cells:
    """Cells and those around them."""
    from scipy import ndimage  # imported lazily: reading the table of kinds must not load SciPy

    return np.asarray(ndimage.maximum_filter(cells, 3))
