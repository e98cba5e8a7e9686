"""YOLOX: the official export, with the grid undecoded (its default) and decoded."""

from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import nn
from yolox.data.data_augment import preproc
from yolox.models import YoloPafpn, YoloxHead, YoloxModule
from yolox.models.network_blocks import SiLU
from yolox.utils import postprocess, replace_module

from row import NAMES, Found, Row
from weights import settle_norms, smooth, spread

HOW = "yolox.data.data_augment.preproc, ONNX Runtime, {decode}yolox.utils.postprocess(class_agnostic={agnostic})"


def network(width: float, inputs: torch.Tensor, seed: int) -> YoloxModule:
    torch.manual_seed(seed)
    head = YoloxHead(len(NAMES), width)
    model = YoloxModule(YoloPafpn(0.33, width), head)
    for parameter in model.parameters():
        parameter.requires_grad = False
    head.decode_in_inference = False
    smooth(model)
    settle_norms(model, inputs)
    plain = torch.full_like(inputs[:1], 114.0)
    # Boxes about three cells wide, centers about the middle of the cell.
    spread(model, list(head.reg_preds), inputs, 0.35, torch.tensor([0.5, 0.5, 1.0, 1.2]))
    spread(model, list(head.cls_preds), inputs, 1.5, -1.2, plain)
    spread(model, list(head.obj_preds), inputs, 1.5, -0.8, plain)
    return model


def build(width: float, size, decoded=False, dynamic=False, batch=1):
    def write(file: Path, pictures, seed: int) -> None:
        inputs = torch.from_numpy(np.stack([preproc(picture, size)[0] for picture in pictures]))
        model = replace_module(network(width, inputs, seed), nn.SiLU, SiLU)
        model.head.decode_in_inference = decoded
        axes = {"images": {0: "batch"}, "output": {0: "batch"}} if dynamic else None
        torch.onnx.export(
            model,
            torch.randn(batch, 3, *size),
            str(file),
            input_names=["images"],
            output_names=["output"],
            dynamic_axes=axes,
            opset_version=11,
            dynamo=False,
        )

    return write


def decode_grid(output: torch.Tensor, size) -> torch.Tensor:
    """What YOLOX's demo_postprocess does (tools/demo, not in the package), by the head's own decode_outputs."""
    head = YoloxHead(output.shape[2] - 5)
    head.hw = [(size[0] // stride, size[1] // stride) for stride in head.strides]
    return head.decode_outputs(output, dtype="torch.FloatTensor")


def detector(size, decoded: bool, agnostic: bool):
    def detect(file: Path, pictures, confidence: float, iou: float) -> list[Found]:
        session = onnxruntime.InferenceSession(str(file))
        found = []
        for picture in pictures:
            image, scale = preproc(picture, size)
            output = torch.from_numpy(session.run(None, {"images": image[None]})[0])
            boxes = output if decoded else decode_grid(output, size)
            result = postprocess(boxes, len(NAMES), confidence, iou, class_agnostic=agnostic)[0]
            result = torch.zeros(0, 7) if result is None else result
            found.append(Found.of(result[:, :4] / scale, result[:, 4] * result[:, 5], result[:, 6]))
        return found

    return detect


def row(name: str, width=0.0625, size=(160, 160), decoded=False, agnostic=False, **options) -> Row:
    small = options.pop("small", False)
    mistakes = {"suppression within a class": detector(size, decoded, False)} if agnostic else {}
    decode = "" if decoded else "YoloxHead.decode_outputs, "
    return Row(
        name=name,
        family="yolox",
        how=HOW.format(decode=decode, agnostic=agnostic),
        packages=("pixeltable-yolox", "torch", "torchvision", "onnxruntime", "opencv-python"),
        build=build(width, size, decoded, **options),
        detect=detector(size, decoded, agnostic),
        fit="corner",
        size=size,
        level=1.0,
        nms_iou=0.25 if agnostic else 0.45,
        nms_agnostic=agnostic,
        mistakes=mistakes,
        small=small,
    )


def rows():
    yield row("yolox", width=0.03125, small=True)
    yield row("yolox-decoded", decoded=True)
    yield row("yolox-wide", size=(128, 224))
    yield row("yolox-agnostic", agnostic=True)
    yield row("yolox-dynamic-batch", dynamic=True)
