"""What the scout is taught."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from training.logos.scout.targets import targets

_ALPHA, _GAMMA = 0.35, 2.0
_BOX = 1.2


def loss(answers: Tensor, boxes: Sequence[NDArray[np.float32]], side_px: int) -> tuple[Tensor, float, float]:
    """Focal loss (Lin et al., 2017) over cells and smooth L1 of the logarithms over middles: the whole, and both."""
    both = [targets(found, side_px) for found in boxes]
    marks = torch.from_numpy(np.stack([one for one, _ in both]))
    edges = torch.from_numpy(np.stack([other for _, other in both]))
    logits = answers[..., 0]
    asked = marks >= 0
    truth = marks.clamp(min=0)
    plain = functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    chance = torch.sigmoid(logits)
    miss = torch.where(truth > 0, 1 - chance, chance)
    share = torch.where(truth > 0, torch.tensor(_ALPHA), torch.tensor(1 - _ALPHA))
    middles = marks > 0
    count = middles.sum().clamp(min=1)
    seen = (plain * share * miss**_GAMMA * asked).sum() / count
    framed = functional.smooth_l1_loss(answers[..., 1:][middles], edges[middles], beta=0.15, reduction="sum") / count
    return seen + _BOX * framed / 4, float(seen.detach()), float(framed.detach())
