"""What the network is taught.

Each crop of a logo shall be nearer to its exemplar than to that of any other class, and nearer than a fixed bound; a
crop without a logo shall be beyond that bound from all. Exemplars of all classes stand in a bank that is as old as the
last batch in which each had its turn: a softmax over all of them (InfoNCE; van den Oord et al., 2018; the bank after
Wu et al., "Unsupervised Feature Learning via Non-Parametric Instance Discrimination", CVPR 2018) with a margin on the
right one (Wang et al., "CosFace", CVPR 2018).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from detection.logos.embedding import DIMENSIONS
from training.logos.batches import EMPTY_A_BATCH, SEEN_A_CLASS, TEXT_A_BATCH, Batch

_TEMPERATURE, _MARGIN = 0.06, 0.1
_NOTHING = 0.72
"""The cosine that stands for "none of them"."""
_BACK, _MARK = 0.5, 0.4


@dataclass(frozen=True)
class Losses:
    """The whole, and what it is made of."""

    whole: Tensor
    named: float
    empty: float
    mark: float
    right: float


class Bank:
    """The newest vector of every class's exemplar."""

    def __init__(self, twins: Sequence[NDArray], kinds: Sequence[str]) -> None:
        self.vectors = torch.zeros(len(twins), DIMENSIONS)
        self.filled = torch.zeros(len(twins), dtype=torch.bool)
        self._twins = [torch.from_numpy(found) for found in twins]
        self._is_word = torch.tensor([kind == "word" for kind in kinds])

    def losses(self, answers: Tensor, batch: Batch) -> Losses:
        """Of the network's answers for a batch; takes its exemplars into the bank."""
        places = torch.from_numpy(batch.places)
        count = len(places)
        vectors, marks = answers[:, :DIMENSIONS], answers[:, DIMENSIONS]
        clean, seen, empty = vectors[:count], vectors[count:-EMPTY_A_BATCH], vectors[-EMPTY_A_BATCH:]
        bank = self.vectors.index_copy(0, places, clean)
        self.filled[places] = True
        owners = places.repeat_interleave(SEEN_A_CLASS)
        rows = torch.arange(len(owners))
        likeness = seen @ bank.T
        banned = ~self.filled.repeat(len(owners), 1)
        for row, owner in enumerate(owners.tolist()):
            banned[row, self._twins[owner]] = True
        banned[rows, owners] = False
        likeness = likeness.masked_fill(banned, -1e4)
        right = float((likeness.argmax(dim=1) == owners).float().mean())
        likeness[rows, owners] -= _MARGIN
        nothing = torch.full((len(owners), 1), _NOTHING)
        named = functional.cross_entropy(torch.cat([likeness, nothing], dim=1) / _TEMPERATURE, owners)
        far = (empty @ bank.T).masked_fill(~self.filled, -1e4)
        far = torch.cat([far, torch.full((EMPTY_A_BATCH, 1), _NOTHING)], dim=1) / _TEMPERATURE
        emptied = functional.cross_entropy(far, torch.full((EMPTY_A_BATCH,), far.shape[1] - 1))
        back = self._back(clean, seen, places, owners)
        marked = self._marked(marks, places, owners)
        self.vectors[places] = clean.detach()
        whole = named + emptied + _BACK * back + _MARK * marked
        return Losses(whole, named.item(), emptied.item(), marked.item(), right)

    def _back(self, clean: Tensor, seen: Tensor, places: Tensor, owners: Tensor) -> Tensor:
        """From each exemplar to its crops among all crops of the batch."""
        likeness = clean @ seen.T
        mine = places[:, None] == owners[None, :]
        twin = torch.stack([torch.isin(owners, self._twins[place]) for place in places.tolist()]) & ~mine
        likeness = (likeness - _MARGIN * mine).masked_fill(twin, -1e4) / _TEMPERATURE
        return -(functional.log_softmax(likeness, dim=1) * mine).sum() / mine.sum()

    def _marked(self, marks: Tensor, places: Tensor, owners: Tensor) -> Tensor:
        """Whether there is a mark; of words it is not asked, since a name in letters is one and other text is none."""
        logos, others = len(places) + len(owners), EMPTY_A_BATCH - TEXT_A_BATCH
        truth = torch.cat([torch.full((logos,), 0.97), torch.full((others,), 0.03)])
        asked = torch.cat([~self._is_word[places], ~self._is_word[owners], torch.ones(others, dtype=torch.bool)])
        return functional.binary_cross_entropy_with_logits(marks[: logos + others][asked], truth[asked])
