"""From a trained network to the file that ships: ONNX, its weights kept in half precision."""

from __future__ import annotations

import warnings
from pathlib import Path

import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from detection.logos.embedding import SIDE_PX

_OPSET = 17
# Smaller tensors (biases, constants) stay as they are.
_LEAST_VALUES = 512


def export(network: nn.Module, path: Path, notes: dict[str, str], side_px: int, channels: int = 3) -> None:
    """Write a network that takes pictures (n, channels, h, w) as ONNX, with `notes` as the file's metadata. Its batch
    size is left open; so is the size of pictures where `side_px`, that of an example, is not the only one that it
    takes."""
    network.eval()
    example = torch.rand(2, channels, side_px, side_px)
    open_sides = {0: "n"} if side_px == SIDE_PX else {0: "n", 2: "h", 3: "w"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network, (example,), str(path), input_names=["pictures"], output_names=["answers"],
            dynamic_axes={"pictures": open_sides, "answers": {0: "n"}}, opset_version=_OPSET, dynamo=False,
        )  # fmt: skip
    model = onnx.load(str(path))
    _halve(model)
    helper.set_model_props(model, notes)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def _halve(model: onnx.ModelProto) -> None:
    """Keep large weights as float16 and cast them when the model is loaded: half the size, the same arithmetic."""
    casts = []
    for weights in model.graph.initializer:
        values = numpy_helper.to_array(weights)
        if weights.data_type != TensorProto.FLOAT or values.size < _LEAST_VALUES:
            continue
        name = weights.name
        weights.CopyFrom(numpy_helper.from_array(values.astype("float16"), f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
