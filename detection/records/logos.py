"""Pictures of logos to look for, and the places of frames that may show one."""

from __future__ import annotations

from mpr.pipeline.codec import Record


class ExemplarFile(Record):
    """A picture of a brand's logo: where it lies among what people bring (media_in), and the SHA-256 of the file that
    it was made from."""

    brand: str
    key: str
    sha256: str


class Exemplars(Record):
    """The pictures of the session's brands, ordered by brand and digest; never none. `weights` are the digests of what
    they are compared with by name, networks and rule."""

    exemplars: list[ExemplarFile]
    weights: dict[str, str] = {}


class ExemplarsGiven(Record):
    """Some brand of the session has an exemplar. Which and how many is not said, so that what reads this stays good
    when there is another one. `weights` are the digests of the networks that look, by name: with others it does not.
    """

    weights: dict[str, str] = {}


class Regions(Record):
    """Places that may show a logo, in the frames of one shard that were looked at, whatever the brands.

    `seqs` are these frames in time order and `counts_of` how many regions each has. All else has one entry per region,
    in that order, packed little-endian as detection.regions reads it: `quads` (4 corners, float32), `vectors` (unit
    vectors of `dimensions` float16), `marks` (how likely it is a mark at all, float16), `sharpness` and `contrast` as
    in TextCandidate (float32), and `tracks`, the number of the shard's track that the region moves with, -1 for none
    (int32).
    """

    seqs: list[int]
    counts_of: list[int]
    dimensions: int
    quads: bytes
    vectors: bytes
    marks: bytes
    sharpness: bytes
    contrast: bytes
    tracks: bytes

    def counts(self) -> dict[str, int]:
        return {"frames": len(self.seqs), "regions": sum(self.counts_of)}
