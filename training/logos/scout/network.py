"""The scout: fully convolutional, three scales, one answer in every cell.

After Tian et al., "FCOS: Fully Convolutional One-Stage Object Detection", ICCV 2019, with one class and separable
convolutions.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

ANSWERS = 5
"""Of each cell: the logit that a mark's middle lies there, and the logarithms of the distances from the cell's centre
to the mark's left, top, right and bottom in strides."""
_CONTRAST = 0.2


class Separable(nn.Module):
    """A 5 × 5 convolution of each channel, then a mix of them, around which the input is carried on."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.each = nn.Conv2d(width, width, 5, 1, 2, groups=width, bias=False)
        self.each_norm = nn.BatchNorm2d(width)
        self.mix = nn.Conv2d(width, width, 1, bias=False)
        self.mix_norm = nn.BatchNorm2d(width)

    def forward(self, given: Tensor) -> Tensor:
        return functional.relu(given + self.mix_norm(self.mix(functional.relu(self.each_norm(self.each(given))))))


def _down(before: int, after: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(before, after, 3, 2, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU())


class Scout(nn.Module):
    """(n, 3, h, w) BGR, 0 to 1, both sides multiples of 32 → (n, cells, 5): the cells of all three scales, row by
    row."""

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.PixelUnshuffle(2), _down(12, 32), _down(32, width), Separable(width), Separable(width)
        )
        self.middle = nn.Sequential(_down(width, width), Separable(width), Separable(width))
        self.far = nn.Sequential(_down(width, width), Separable(width), Separable(width))
        self.near_side, self.middle_side = nn.Conv2d(width, width, 1), nn.Conv2d(width, width, 1)
        self.tower = nn.Sequential(Separable(width), Separable(width))
        self.answers = nn.Conv2d(width, ANSWERS, 1)
        nn.init.constant_(self.answers.bias, 0.0)
        with torch.no_grad():
            assert self.answers.bias is not None
            self.answers.bias[0] = -4.0

    def forward(self, pictures: Tensor) -> Tensor:
        near = self.stem((pictures - 0.45) / _CONTRAST)
        middle = self.middle(near)
        far = self.far(middle)
        middle = self.middle_side(middle) + functional.interpolate(far, scale_factor=2.0, mode="nearest")
        near = self.near_side(near) + functional.interpolate(middle, scale_factor=2.0, mode="nearest")
        found = [self.answers(self.tower(level)).flatten(2).transpose(1, 2) for level in (near, middle, far)]
        return torch.cat(found, dim=1).float()
