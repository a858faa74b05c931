"""Train the scout and write the weights that ship.

    python -m training.logos.scout CACHE_DIR --hours 1 --weights detection/logos/weights/scout.onnx

CACHE_DIR is that of `training.logos`. Stopped and started again, it goes on where it was.
"""

from __future__ import annotations

import json
import math
import random
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch.optim.swa_utils import AveragedModel

from training.logos.ahead import ahead
from training.logos.classes import load_classes
from training.logos.command import begin, training_parser
from training.logos.degrading import Seen
from training.logos.export import export
from training.logos.grounds import load_grounds
from training.logos.photographs import TO_LEARN, photographs
from training.logos.scout.learning import loss
from training.logos.scout.network import Scout
from training.logos.scout.pictures import SIDE_PX, Scenery, draw_scenery

_BATCH, _PEAK, _WARM_UP_S = 12, 3e-3, 40.0
_AVERAGE = 0.997
_CHECK_STEPS, _KEEP_S = 100, 150.0


def main() -> None:
    """Fetch, draw, learn, and write the weights."""
    given = training_parser("training.logos.scout", main.__doc__, hours=1.0).parse_args()
    begin(given)
    known = load_classes(given.cache)
    grounds = [*load_grounds(given.cache, seed=given.seed), *photographs(TO_LEARN, given.cache)]
    seen = Seen(classes=known.part(~known.held_out), grounds=grounds)
    learn(seen, given.cache / f"scout-{given.seed}", given.hours * 3600, given.seed, given.weights)


def learn(seen: Seen, folder: Path, whole_s: float, seed: int, weights: Path | None) -> None:
    """Until the time is spent; the curve goes to curve.jsonl."""
    folder.mkdir(parents=True, exist_ok=True)
    network = Scout().to(memory_format=torch.channels_last)
    average = AveragedModel(
        network, avg_fn=lambda old, new, count: old + (new - old) * max(1 - _AVERAGE, 9 / (10 + int(count))),
        use_buffers=True,
    )  # fmt: skip
    optimiser = torch.optim.AdamW(network.parameters(), _PEAK, weight_decay=0.02)
    steps, spent_s = 0, 0.0
    if (folder / "state.pt").is_file():
        state = torch.load(folder / "state.pt", weights_only=True)
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        steps, spent_s = state["steps"], state["spent_s"]
    drawn = ahead(lambda number: _scenery(seen, number, seed), first=steps * _BATCH, most=_BATCH * 3)
    kept_s, totals, summed = spent_s, np.zeros(3), 0

    def keep() -> None:
        state = {"network": network.state_dict(), "average": average.state_dict(), "optimiser": optimiser.state_dict()}
        torch.save(state | {"steps": steps, "spent_s": spent_s}, folder / "state.tmp")
        (folder / "state.tmp").replace(folder / "state.pt")
        export(
            average.module, folder / "scout.onnx", {"training": f"python -m training.logos.scout, {steps} steps"}, 256
        )

    while spent_s < whole_s:
        start_s = time.monotonic()
        batch = [next(drawn) for _ in range(_BATCH)]
        rate = (
            _PEAK
            * min(1.0, (spent_s + 1) / _WARM_UP_S)
            * (0.02 + 0.98 * (1 + math.cos(math.pi * spent_s / whole_s)) / 2)
        )
        for group in optimiser.param_groups:
            group["lr"] = rate
        network.train()
        given = torch.from_numpy(np.stack([one.image for one in batch])).permute(0, 3, 1, 2).float().div_(255)
        answers = network(given.contiguous(memory_format=torch.channels_last))
        whole, marked, framed = loss(answers, [one.boxes for one in batch], SIDE_PX)
        optimiser.zero_grad()
        whole.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        average.update_parameters(network)
        steps += 1
        spent_s += time.monotonic() - start_s
        totals += whole.item(), marked, framed
        summed += 1
        if steps % _CHECK_STEPS == 0:
            row: dict[str, Any] = {"steps": steps, "minutes": round(spent_s / 60, 1)}
            row |= dict(zip(("whole", "mark", "box"), (totals / summed).round(4).tolist(), strict=True))
            totals[:], summed = 0, 0
            with (folder / "curve.jsonl").open("a") as file:
                file.write(json.dumps(row) + "\n")
            print(row, flush=True)
        if spent_s - kept_s > _KEEP_S:
            kept_s = spent_s
            keep()
    drawn.close()
    keep()
    if weights:
        export(average.module, weights, {"training": f"python -m training.logos.scout, {steps} steps"}, 256)


def _scenery(seen: Seen, number: int, seed: int) -> Scenery:
    cv2.setRNGSeed(number)
    return draw_scenery(seen, random.Random(f"scout {seed} {number}"))


if __name__ == "__main__":
    main()
