"""Train the logo network and write the weights that ship.

    python -m training.logos CACHE_DIR --hours 2 --weights detection/logos/weights/logos.onnx
    python -m training.logos CACHE_DIR --hours 0 --fit detection/logos/weights/rule.json

The second, once the scout and the pair network are trained too, learns the rule's numbers with the weights that ship.
CACHE_DIR keeps what is fetched and drawn, and the run: stopped and started again, it goes on where it was.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.optim.swa_utils import AveragedModel

from detection.logos.embedding import DIMENSIONS, SIDE_PX, load_embedder
from detection.logos.matching import Networks
from detection.logos.pairing import load_comparer
from detection.logos.scout import load_scout
from training.logos.batches import batches
from training.logos.classes import load_classes
from training.logos.command import begin, training_parser
from training.logos.degrading import Seen
from training.logos.export import export
from training.logos.fitting.step import fit_rule
from training.logos.grounds import load_grounds
from training.logos.losses import Bank
from training.logos.network import LogoNetwork
from training.logos.validating import Examination, Marks, load_examination, load_others, marks

_PEAK, _WEIGHT_DECAY, _WARM_UP_S = 2.5e-3, 0.03, 60.0
_AVERAGE = 0.998
_CHECK_STEPS, _KEEP_S = 200, 180.0


class Run:
    """A training run that can be stopped at any moment and go on."""

    def __init__(self, folder: Path, bank: Bank, *, hours: float) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.bank, self.whole_s = folder, bank, hours * 3600
        self.network = LogoNetwork().to(memory_format=torch.channels_last)
        self.average = AveragedModel(
            self.network, avg_fn=lambda old, new, count: old + (new - old) * max(1 - _AVERAGE, 9 / (10 + int(count))),
            use_buffers=True,
        )  # fmt: skip
        self.optimiser = torch.optim.AdamW(self.network.parameters(), _PEAK, weight_decay=_WEIGHT_DECAY)
        self.steps, self.spent_s = 0, 0.0
        if (folder / "state.pt").is_file():
            self._load(torch.load(folder / "state.pt", weights_only=True))

    def step(self, crops: NDArray[np.uint8], batch: Any) -> dict[str, float]:
        """Learn from one batch."""
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate()
        self.network.train()
        given = torch.from_numpy(crops).permute(0, 3, 1, 2).float().div_(255)
        with torch.autocast("cpu", torch.bfloat16):
            answers = self.network(given.contiguous(memory_format=torch.channels_last))
        losses = self.bank.losses(answers.float(), batch)
        self.optimiser.zero_grad()
        losses.whole.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimiser.step()
        self.average.update_parameters(self.network)
        self.steps += 1
        return {"named": losses.named, "empty": losses.empty, "mark": losses.mark, "right": losses.right}

    def examined(self, examination: Examination) -> Marks:
        """How the averaged network does on logos held out."""
        return marks(*(self._vectors(crops) for crops in (examination.clean, examination.seen, examination.empty)))

    def keep(self) -> None:
        """Write everything that the run needs to go on."""
        state = {
            "network": self.network.state_dict(), "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(), "steps": self.steps, "spent_s": self.spent_s,
            "bank": self.bank.vectors, "filled": self.bank.filled,
        }  # fmt: skip
        torch.save(state, self.folder / "state.tmp")
        (self.folder / "state.tmp").replace(self.folder / "state.pt")

    def write_weights(self, path: Path, others: NDArray[np.uint8]) -> None:
        """The network, and beside it what it says of crops that show no logo."""
        np.save(path.parent / "others.npy", self._vectors(others).astype(np.float16))
        notes = {"training": f"python -m training.logos, {self.steps} steps"}
        export(self.average.module, path.with_suffix(".tmp"), notes, SIDE_PX)
        path.with_suffix(".tmp").replace(path)

    def _rate(self) -> float:
        """Up within a minute, then down along a cosine to a fiftieth."""
        share = min(1.0, self.spent_s / self.whole_s)
        return _PEAK * min(1.0, (self.spent_s + 1) / _WARM_UP_S) * (0.02 + 0.98 * (1 + math.cos(math.pi * share)) / 2)

    @torch.no_grad()
    def _vectors(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        network = self.average.module.eval()
        found = []
        for first in range(0, len(crops), 128):
            given = torch.from_numpy(crops[first : first + 128]).permute(0, 3, 1, 2).float().div_(255)
            with torch.autocast("cpu", torch.bfloat16):
                found.append(network(given.contiguous(memory_format=torch.channels_last))[:, :DIMENSIONS].float())
        return np.asarray(torch.cat(found).numpy(), np.float32)

    def _load(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.steps, self.spent_s = state["steps"], state["spent_s"]
        self.bank.vectors, self.bank.filled = state["bank"], state["filled"]


def main() -> None:
    """Fetch, draw, learn, and write the weights."""
    parser = training_parser("training.logos", main.__doc__, hours=2.0)
    parser.add_argument("--fit", type=Path, help="then learn the rule's numbers and write them here")
    given = parser.parse_args()
    begin(given)
    known = load_classes(given.cache)
    out = known.held_out
    examination = load_examination(known.part(out), load_grounds(given.cache, seed=given.seed + 1), given.cache)
    learnt = known.part(~out)
    print(f"{len(learnt.brands)} classes to learn, {int(out.sum())} held out", flush=True)
    run = Run(given.cache / f"run-{given.seed}", Bank(learnt.twins(), learnt.kinds.tolist()), hours=given.hours)
    seen = Seen(classes=learnt, grounds=load_grounds(given.cache, seed=given.seed))
    learn(run, seen, examination, load_others(seen, given.cache), given.seed)
    if given.weights:
        run.write_weights(given.weights, load_others(seen, given.cache))
    if given.fit:
        networks = Networks(embedder=load_embedder(given.threads, "cpu"), comparer=load_comparer(given.threads, "cpu"))
        learnt = fit_rule(given.cache, given.fit, load_scout(given.threads, "cpu"), networks, seed=given.seed)
        print(learnt, flush=True)


def learn(run: Run, seen: Seen, examination: Examination, others: NDArray[np.uint8], seed: int) -> None:
    """Until the run's time is spent; the curve goes to curve.jsonl."""
    drawn = batches(seen, first=run.steps, seed=seed)
    kept_s, totals, summed = run.spent_s, dict[str, float](), 0
    while run.spent_s < run.whole_s:
        start_s = time.monotonic()
        batch = next(drawn)
        for name, value in run.step(batch.crops, batch).items():
            totals[name] = totals.get(name, 0.0) + value
        run.spent_s += time.monotonic() - start_s
        summed += 1
        if run.steps % _CHECK_STEPS == 0:
            row = {"steps": run.steps, "minutes": round(run.spent_s / 60, 1)}
            row |= {name: round(value / summed, 4) for name, value in totals.items()}
            row |= {name: round(value, 4) for name, value in asdict(run.examined(examination)).items()}
            totals.clear()
            summed = 0
            with (run.folder / "curve.jsonl").open("a") as file:
                file.write(json.dumps(row) + "\n")
            print(row, flush=True)
        if run.spent_s - kept_s > _KEEP_S:
            kept_s = run.spent_s
            run.keep()
            run.write_weights(run.folder / "logos.onnx", others)
    drawn.close()
    run.keep()


if __name__ == "__main__":
    main()
