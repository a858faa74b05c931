"""Names that are spread over several boxes or tracks.

A text holds a piece of a name when its letters are a stretch of it. Pieces that follow one another in the name and
stand next to one another in a frame, on one line or as stacked lines, are read together. What was read in different
frames meets in the frames that both are seen in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from detection.matching import confusion, geometry
from detection.matching.lexicon import Lexicon, Spelling
from detection.matching.pieces import Piece
from detection.matching.seen import Sight, Thing
from mpr.pipeline.codec import Record

# Letters that may be lost or doubled where two pieces meet.
_SEAM = 1


class Member(Record):
    """A piece of a name in a frame: `thing` is its thing's place in the shot's list."""

    piece: Piece
    thing: int
    sight: Sight


class Joined(Record):
    """A name read together in one frame, in reading order."""

    spelling: Spelling
    members: tuple[Member, ...]
    likeness: float


def join(things: Sequence[Thing], lexicon: Lexicon) -> list[Joined]:
    """Every name that can be put together from two or more things of a frame, frame by frame; each serves a name once.

    Where a name was put together from tracks, it stays read in frames that show no more than most of it.
    """
    found: list[Joined] = []
    for _, group in sorted(_at_hand(things).items()):
        if not _reaches(group):
            continue
        frames: dict[int, list[Member]] = defaultdict(list)
        for piece, thing in group:
            for sight in things[thing].sights:
                frames[sight.seq].append(Member(piece=piece, thing=thing, sight=sight))
        whole = {seq: list(_in_frame(members, lexicon)) for seq, members in frames.items() if len(members) > 1}
        for joined in whole.values():
            found += joined
        found += _carried(whole, frames, lexicon)
    return found


def _at_hand(things: Sequence[Thing]) -> dict[str, list[tuple[Piece, int]]]:
    at_hand: dict[str, list[tuple[Piece, int]]] = defaultdict(list)
    for number, thing in enumerate(things):
        for piece in thing.pieces:
            at_hand[piece.spelling.letters].append((piece, number))
    return at_hand


def _reaches(group: Sequence[tuple[Piece, int]]) -> bool:
    """Whether the pieces could make up a name from its first to its last letter."""
    least = len(group[0][0].spelling.letters) - _SEAM
    return (
        len(group) > 1
        and any(piece.start <= _SEAM for piece, _ in group)
        and any(piece.end >= least for piece, _ in group)
        and any(thing != group[0][1] for _, thing in group)
    )


def _in_frame(members: Sequence[Member], lexicon: Lexicon) -> Iterator[Joined]:
    used: set[int] = set()
    ordered = sorted(members, key=lambda one: (one.piece.start, one.sight.box, one.thing))
    for member in ordered:
        if member.thing in used or member.piece.start > _SEAM:
            continue
        chain = _chain([member], ordered, used, lexicon)
        if chain:
            used.update(one.thing for one in chain)
            spelling = member.piece.spelling
            likeness = round(1 - _cost(chain) / len(spelling.letters), 4)
            yield Joined(spelling=spelling, members=tuple(chain), likeness=likeness)


def _chain(chain: list[Member], ordered: Sequence[Member], used: set[int], lexicon: Lexicon) -> list[Member] | None:
    """The chain carried on to the end of the name by its nearest neighbours, or None."""
    last = chain[-1]
    spelling, end = last.piece.spelling, last.piece.end
    if len(chain) > 1 and len(spelling.letters) - end <= _SEAM:
        return chain if _cost(chain) <= spelling.budget else None
    taken = used | {one.thing for one in chain}
    nexts = [
        one
        for one in ordered
        if one.thing not in taken
        and abs(one.piece.start - end) <= _SEAM
        and one.piece.end > end
        and _adjoins(last.sight, one.sight, end in spelling.cuts, lexicon)
    ]
    nexts.sort(key=lambda one: (_distance(last.sight, one.sight), one.sight.box, one.thing))
    for following in nexts:
        whole = _chain([*chain, following], ordered, used, lexicon)
        if whole:
            return whole
    return None


def _carried(whole: dict[int, list[Joined]], frames: dict[int, list[Member]], lexicon: Lexicon) -> Iterator[Joined]:
    """What is left of joined tracks in frames that do not show all of them."""
    for things, joined in {
        tuple(one.thing for one in name.members): name for some in whole.values() for name in some
    }.items():
        letters = len(joined.spelling.letters)
        pieces = {one.thing: one.piece for one in joined.members}
        for seq, members in frames.items():
            taken = {one.thing for name in whole.get(seq, ()) for one in name.members}
            here = {one.thing: one for one in members if one.piece == pieces.get(one.thing) and one.thing not in taken}
            seen = sum(one.piece.end - one.piece.start for one in here.values())
            if len(here) < len(things) and seen >= lexicon.rules.support_part * letters:
                left = tuple(here[thing] for thing in things if thing in here)
                yield Joined(
                    spelling=joined.spelling, members=left, likeness=round(joined.likeness * seen / letters, 4)
                )


def _adjoins(first: Sight, second: Sight, at_word: bool, lexicon: Lexicon) -> bool:
    gap = lexicon.rules.max_gap_heights
    if geometry.follows(first.quad, second.quad, max_gap_heights=gap):
        return True
    return at_word and geometry.lies_below(first.quad, second.quad, max_gap_heights=gap)


def _distance(first: Sight, second: Sight) -> float:
    across, down = geometry.gaps(first.quad, second.quad)
    return max(across, 0.0) + max(down, 0.0)


def _cost(chain: Sequence[Member]) -> float:
    """Misread letters of the pieces, and those lost or doubled at the seams and ends."""
    first, last = chain[0].piece, chain[-1].piece
    seams = sum(abs(right.piece.start - left.piece.end) for left, right in pairwise(chain))
    ends = first.start + len(last.spelling.letters) - last.end
    return sum(one.piece.cost for one in chain) + confusion.WRONG * (seams + ends)
