"""Files that must be refused, or must fail with their name: each is small."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

ULTRALYTICS = {
    "author": "Ultralytics",
    "stride": "32",
    "task": "detect",
    "batch": "1",
    "imgsz": "[160, 160]",
    "names": "{0: 'player', 1: 'goalkeeper', 2: 'referee', 3: 'ball'}",
}


def model(nodes, initializers, shape_in, shape_out, metadata=None) -> onnx.ModelProto:
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, shape_in)
    output = helper.make_tensor_value_info("output0", TensorProto.FLOAT, shape_out)
    graph = helper.make_graph(nodes, "graph", [images], [output], initializers)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(made, metadata or {})
    return made


def filled(value: float, shape, metadata=None) -> onnx.ModelProto:
    """Every output is this value, whatever the picture."""
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Add", ["nothing", "value"], ["one"]),
        helper.make_node("Expand", ["one", "shape"], ["output0"]),
    ]
    constants = {
        "zero": np.float32(0),
        "value": np.float32(value),
        "shape": np.array(shape, dtype=np.int64),
    }
    initializers = [numpy_helper.from_array(np.asarray(array), name) for name, array in constants.items()]
    return model(nodes, initializers, [1, 3, 160, 160], shape, metadata)


def outside_data() -> onnx.ModelProto:
    """A weight that lies in a file outside the model's folder."""
    weight = TensorProto(name="weight", data_type=TensorProto.FLOAT, dims=[1, 8, 525])
    weight.data_location = TensorProto.EXTERNAL
    for key, value in {"location": "../secret.bin", "offset": "0", "length": str(8 * 525 * 4)}.items():
        weight.external_data.add(key=key, value=value)
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "weight"], ["output0"]),
    ]
    return model(nodes, [weight], [1, 3, 160, 160], [1, 8, 525], ULTRALYTICS)


def many_nodes(count: int) -> onnx.ModelProto:
    """A chain of so many nodes; not written, since 10^5 are 5 MB."""
    names = ["images", *(f"v{i}" for i in range(1, count)), "output0"]
    nodes = [helper.make_node("Identity", [a], [b]) for a, b in pairwise(names)]
    return model(nodes, [], [1, 3, 160, 160], [1, 3, 160, 160], ULTRALYTICS)


def write_hostile(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    models = {
        "outside-data": outside_data(),
        "nan": filled(float("nan"), [1, 8, 525], ULTRALYTICS),
        "infinite": filled(float("inf"), [1, 8, 525], ULTRALYTICS),
        "huge-output": filled(0.0, [1, 8, 500_000_000], ULTRALYTICS),
        "classifier": filled(0.001, [1, 1000], ULTRALYTICS | {"task": "classify"}),
        "classifier-unnamed": filled(0.001, [1, 1000]),
        "unknown": filled(0.5, [1, 7, 11, 13]),
    }
    for name, made in models.items():
        (folder / f"{name}.onnx").write_bytes(made.SerializeToString())
    whole = models["nan"].SerializeToString()
    (folder / "truncated.onnx").write_bytes(whole[: len(whole) * 3 // 4])
    (folder / "no-model.onnx").write_bytes(b"<!DOCTYPE html><title>404</title>\n")
