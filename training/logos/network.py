"""The logo network: a small residual network with two answers, a unit vector and whether the crop is a mark at all."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from detection.logos.embedding import DIMENSIONS

# Crops of less contrast than this (0 to 1) are not blown up to full contrast: sky, water and grass would look like ink.
CONTRAST_FLOOR = 0.07
WIDTHS = (32, 48, 96, 160)


class Block(nn.Module):
    """Two 3 × 3 convolutions around which the input is carried on."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(after)
        self.second = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(after)
        self.past: nn.Module = nn.Identity()
        if stride != 1 or before != after:
            self.past = nn.Sequential(
                nn.AvgPool2d(stride) if stride > 1 else nn.Identity(),
                nn.Conv2d(before, after, 1, bias=False),
                nn.BatchNorm2d(after),
            )

    def forward(self, given: Tensor) -> Tensor:
        inner = functional.relu(self.first_norm(self.first(given)), inplace=True)
        return functional.relu(self.past(given) + self.second_norm(self.second(inner)), inplace=True)


class LogoNetwork(nn.Module):
    """(n, 3, 64, 64) BGR, 0 to 1 → (n, 129): a unit vector of 128 numbers, and the logit that the crop is a mark."""

    def __init__(self, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(4, widths[0], 5, 2, 2, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU())
        blocks: list[nn.Module] = []
        before = widths[0]
        for after in widths[1:]:
            blocks += [Block(before, after, 2), Block(after, after, 1)]
            before = after
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Conv2d(before, before * 2, 4, groups=before, bias=False)
        self.head_norm = nn.BatchNorm1d(before * 2)
        self.vector = nn.Linear(before * 2, DIMENSIONS)
        self.mark = nn.Linear(before * 2, 1)

    def forward(self, crops: Tensor) -> Tensor:
        features = self.head_norm(self.head(self.blocks(self.stem(normalised(crops)))).flatten(1))
        vector = functional.normalize(self.vector(features).float(), dim=1)
        return torch.cat([vector, self.mark(functional.relu(features)).float()], dim=1)


def normalised(crops: Tensor) -> Tensor:
    """Each crop about its mean colour, at one contrast unless it has next to none; and its edge strength as a fourth
    channel, which is the same for a logo and its negative."""
    middle = crops - crops.mean(dim=(2, 3), keepdim=True)
    spread = middle.square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
    even = middle / spread.clamp(min=CONTRAST_FLOOR)
    across = functional.pad(even[..., :, 1:] - even[..., :, :-1], (0, 1, 0, 0)).abs()
    down = functional.pad(even[..., 1:, :] - even[..., :-1, :], (0, 0, 0, 1)).abs()
    edges = (across + down).amax(dim=1, keepdim=True)
    return torch.cat([even, edges], dim=1)
