"""The pair network: two pictures laid upon one another, and whether they show the same mark."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.logos.network import WIDTHS, LogoNetwork, normalised

_FINE, _COARSE = WIDTHS[1], WIDTHS[2]
_LAST = 144


class Step(nn.Module):
    """A separable convolution around which the input is carried on, at half the size."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.apart = nn.Conv2d(before, before, 5, 2, 2, groups=before, bias=False)
        self.apart_norm = nn.BatchNorm2d(before)
        self.across = nn.Conv2d(before, after, 1, bias=False)
        self.across_norm = nn.BatchNorm2d(after)
        self.inner = nn.Conv2d(after, after, 3, 1, 1, groups=after, bias=False)
        self.inner_norm = nn.BatchNorm2d(after)
        self.last = nn.Conv2d(after, after, 1, bias=False)
        self.last_norm = nn.BatchNorm2d(after)

    def forward(self, given: Tensor) -> Tensor:
        carried = functional.relu(self.across_norm(self.across(self.apart_norm(self.apart(given)))))
        inner = functional.relu(self.inner_norm(self.inner(carried)))
        return functional.relu(carried + self.last_norm(self.last(inner)))


class PairNetwork(nn.Module):
    """Exemplar and crop, BGR 0 to 1, one behind the other (n, 6, 64, 64), as log odds (n, 1) that both are one mark.

    It sees with the first layers of the logo network, which it goes on teaching, and compares what these make of both
    pictures place by place, finely (16 × 16) and coarsely (8 × 8)."""

    def __init__(self, taught: LogoNetwork | None = None) -> None:
        super().__init__()
        taught = taught or LogoNetwork()
        self.stem = taught.stem
        self.finely, self.coarsely = taught.blocks[:2], taught.blocks[2:4]
        self.fine = _compared(_FINE, _FINE)
        self.nearer = Step(_FINE, _COARSE)
        self.coarse = _compared(_COARSE, _COARSE)
        self.last = Step(_COARSE, _LAST)
        self.answer = nn.Linear(_LAST * 2, 1)

    def forward(self, pairs: Tensor) -> Tensor:
        fine = [self.finely(self.stem(normalised(part))) for part in (pairs[:, :3], pairs[:, 3:])]
        coarse = [self.coarsely(part) for part in fine]
        last = self.last(self.nearer(self.fine(_beside(*fine))) + self.coarse(_beside(*coarse)))
        return self.answer(torch.cat([last.mean(dim=(2, 3)), last.amax(dim=(2, 3))], dim=1).float())


def _compared(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(before * 4, after, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU())


def _beside(exemplar: Tensor, crop: Tensor) -> Tensor:
    return torch.cat([exemplar, crop, (exemplar - crop).abs(), exemplar * crop], dim=1)
