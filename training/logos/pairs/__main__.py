"""Train the pair network and write the weights that ship.

    python -m training.logos.pairs CACHE_DIR --hours 2
    python -m training.logos.pairs.met CACHE_DIR
    python -m training.logos.pairs CACHE_DIR --hours 1 --met --weights detection/logos/weights/pairs.onnx

CACHE_DIR is that of `training.logos`, whose network, as it stands there, says which logos are hard to tell apart. With
`--met` the network of the first call goes on to learn, from the pairs that the second call met in searches as well.
Stopped and started again, each goes on where it was.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel

from detection.logos.embedding import SIDE_PX, Embedder
from training.logos.ahead import ahead
from training.logos.classes import Classes, load_classes
from training.logos.command import begin, training_parser
from training.logos.degrading import Seen
from training.logos.export import export
from training.logos.grounds import load_grounds
from training.logos.network import LogoNetwork
from training.logos.pairs.met import draw_met, load_met
from training.logos.pairs.network import PairNetwork
from training.logos.pairs.pictures import Pairs, beside, draw_pairs, likest

# The highest rates of learning: from drawn pairs, and of a network that goes on with pairs that were met.
_PEAK, _MET_PEAK = 2e-3, 1e-3
_WEIGHT_DECAY, _WARM_UP_S = 0.02, 40.0
_AVERAGE = 0.997
_CHECK_STEPS, _KEEP_S = 100, 150.0
_EXAMINED = 16
_FALSE_SHARE = 0.01
_AHEAD = 6
# So many drawn pairs stand in a batch beside those that were met.
_DRAWN_BESIDE = 48


def main() -> None:
    """Draw, learn, and write the weights."""
    parser = training_parser("training.logos.pairs", main.__doc__, hours=1.0)
    parser.add_argument("--met", action="store_true", help="go on, with pairs that were met in searches as well")
    given = parser.parse_args()
    begin(given)
    known = load_classes(given.cache)
    embedder = Embedder(given.cache / f"run-{given.seed}" / "logos.onnx", threads=given.threads, device="cpu")
    learnt = _with_alike(known.part(~known.held_out), load_grounds(given.cache, seed=given.seed), embedder)
    out = _with_alike(known.part(known.held_out), load_grounds(given.cache, seed=given.seed + 1), embedder)
    examined = [draw_pairs(*out, number, seed=0) for number in range(_EXAMINED)]
    folder = given.cache / f"pairs-{given.seed}"
    if given.met:
        network = PairNetwork()
        network.load_state_dict(_averaged(folder / "state.pt"))
        met = load_met(given.cache)
        print(f"{sum(len(one.same) for one in met)} pairs that were met", flush=True)

        def draw(number: int) -> Pairs:
            drawn = draw_pairs(*learnt, number, seed=given.seed, count=_DRAWN_BESIDE)
            return beside(drawn, draw_met(met, number, seed=given.seed))

        learn(
            network,
            draw,
            examined,
            folder.with_name(f"{folder.name}-met"),
            given.hours * 3600,
            _MET_PEAK,
            given.weights,
        )
        return
    taught = LogoNetwork()
    taught.load_state_dict(_averaged(given.cache / f"run-{given.seed}" / "state.pt"))

    def draw_only(number: int) -> Pairs:
        return draw_pairs(*learnt, number, seed=given.seed)

    learn(PairNetwork(taught), draw_only, examined, folder, given.hours * 3600, _PEAK, given.weights)


def learn(
    network: PairNetwork,
    draw: Callable[[int], Pairs],
    examined: list[Pairs],
    folder: Path,
    whole_s: float,
    peak: float,
    weights: Path | None,
) -> None:
    """Until the time is spent; the curve goes to curve.jsonl."""
    folder.mkdir(parents=True, exist_ok=True)
    network = network.to(memory_format=torch.channels_last)
    average = AveragedModel(
        network, avg_fn=lambda old, new, count: old + (new - old) * max(1 - _AVERAGE, 9 / (10 + int(count))),
        use_buffers=True,
    )  # fmt: skip
    optimiser = torch.optim.AdamW(network.parameters(), peak, weight_decay=_WEIGHT_DECAY)
    steps, spent_s = 0, 0.0
    if (folder / "state.pt").is_file():
        state = torch.load(folder / "state.pt", weights_only=True)
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        steps, spent_s = state["steps"], state["spent_s"]
    drawn = ahead(draw, first=steps, most=_AHEAD)
    kept_s, total, count = spent_s, 0.0, 0

    def keep(path: Path) -> None:
        state = {"network": network.state_dict(), "average": average.state_dict(), "optimiser": optimiser.state_dict()}
        torch.save(state | {"steps": steps, "spent_s": spent_s}, folder / "state.tmp")
        (folder / "state.tmp").replace(folder / "state.pt")
        notes = {"training": f"python -m training.logos.pairs, {steps} steps"}
        export(average.module, path, notes, SIDE_PX, channels=6)

    while spent_s < whole_s:
        start_s = time.monotonic()
        batch = next(drawn)
        warm = min(1.0, (spent_s + 1) / _WARM_UP_S)
        for group in optimiser.param_groups:
            group["lr"] = peak * warm * (0.02 + 0.98 * (1 + math.cos(math.pi * spent_s / whole_s)) / 2)
        network.train()
        with torch.autocast("cpu", torch.bfloat16):
            answers = network(_given(batch))
        loss = functional.binary_cross_entropy_with_logits(answers.float()[:, 0], torch.from_numpy(batch.same).float())
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        average.update_parameters(network)
        steps, count, total = steps + 1, count + 1, total + loss.item()
        spent_s += time.monotonic() - start_s
        if steps % _CHECK_STEPS == 0:
            row: dict[str, Any] = {"steps": steps, "minutes": round(spent_s / 60, 1), "loss": round(total / count, 4)}
            row |= _marks(average.module, examined)
            total, count = 0.0, 0
            with (folder / "curve.jsonl").open("a") as file:
                file.write(json.dumps(row) + "\n")
            print(row, flush=True)
        if spent_s - kept_s > _KEEP_S:
            kept_s = spent_s
            keep(folder / "pairs.onnx")
    drawn.close()
    keep(weights or folder / "pairs.onnx")


def _averaged(path: Path) -> dict[str, torch.Tensor]:
    """The averaged weights of a run, from its state."""
    state = torch.load(path, weights_only=True)
    return {name.removeprefix("module."): value for name, value in state["average"].items() if name != "n_averaged"}


def _with_alike(
    classes: Classes, grounds: list[NDArray[np.uint8]], embedder: Embedder
) -> tuple[Seen, NDArray[np.intp]]:
    seen = Seen(classes=classes, grounds=grounds)
    return seen, likest(seen, embedder, classes.twins())


def _given(batch: Pairs) -> torch.Tensor:
    pictures = torch.from_numpy(batch.pictures).permute(0, 3, 1, 2).float().div_(255)
    return pictures.contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def _marks(network: torch.nn.Module, examined: list[Pairs]) -> dict[str, float]:
    """On pairs of logos held out: the loss, and the share of pairs of one mark beyond the bound that lets one pair of
    two in a hundred through."""
    network.eval()
    odds = torch.cat([network(_given(batch))[:, 0].float() for batch in examined])
    same = torch.from_numpy(np.concatenate([batch.same for batch in examined]))
    loss = functional.binary_cross_entropy_with_logits(odds, same.float()).item()
    bound = torch.quantile(odds[~same], 1 - _FALSE_SHARE)
    return {"examined": round(loss, 4), "kept": round((odds[same] > bound).float().mean().item(), 4)}


if __name__ == "__main__":
    main()
