"""RF-DETR by its own package, without pretrained weights and with a cut backbone; its own export, its own helper."""

import shutil
import tempfile
from pathlib import Path

import cv2
import numpy as np
import rfdetr.models.backbone.dinov2 as dinov2
import torch
from PIL import Image
from rfdetr import RFDETRNano
from rfdetr.export._onnx.inference import _create_onnx_session, _run_inference
from rfdetr.export._runtime.preprocess import preprocess_to_nchw
from torch import nn

from row import NAMES, Found, Row
from weights import smooth, spread

SIDE = 128


def cut_model() -> RFDETRNano:
    """The configuration of RF-DETR Nano with a backbone of 32 channels and 4 layers."""
    own_config, own_width = dinov2.get_config, dinov2.size_to_width["small"]
    cut = {"hidden_size": 32, "num_attention_heads": 2, "num_hidden_layers": 4}
    dinov2.get_config = lambda size, registers: own_config(size, registers) | cut
    dinov2.size_to_width["small"] = cut["hidden_size"]
    try:
        return RFDETRNano(
            pretrain_weights=None,
            num_classes=len(NAMES),
            resolution=SIDE,
            positional_encoding_size=SIDE // 16,
            out_feature_indexes=[1, 2, 3, 4],
            hidden_dim=32,
            sa_nheads=2,
            ca_nheads=2,
            num_queries=50,
            num_select=50,
            device="cpu",
        )
    finally:
        dinov2.get_config, dinov2.size_to_width["small"] = own_config, own_width


def build(file: Path, pictures, seed: int) -> None:
    torch.manual_seed(seed)
    model = cut_model()
    net = model.model.model.eval()
    for module in net.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
        if hasattr(module, "sampling_offsets"):
            module.sampling_offsets.weight.data *= 0.1
            module.attention_weights.weight.data *= 0.1
    for parameter in net.parameters():
        parameter.requires_grad = False
    # Queries are given out by rank: alike, so that two that change places change nothing.
    net.query_feat.weight.data[:] = net.query_feat.weight.data[:1]
    smooth(net, 1)
    images = [Image.fromarray(np.ascontiguousarray(p[..., ::-1])) for p in pictures]
    inputs = torch.from_numpy(np.concatenate([preprocess_to_nchw(image, SIDE, SIDE) for image in images]))
    encoder = net.transformer
    spread(net, [encoder.enc_out_class_embed[0]], inputs, 1.0, -1.0)
    spread(net, [encoder.enc_out_bbox_embed[0].layers[-1]], inputs, 0.2, torch.tensor([0.0, 0.0, 0.7, 0.8]))
    spread(net, [net.bbox_embed.layers[-1]], inputs, 0.2, torch.tensor([0.0, 0.0, 0.2, 0.2]))
    spread(net, [net.class_embed], inputs, 1.5, -2.0)
    with tempfile.TemporaryDirectory() as folder:
        shutil.move(model.export(output_dir=folder, verbose=False), file)


def detect(file: Path, pictures, confidence: float, _iou) -> list[Found]:
    session = _create_onnx_session(file)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture.png"
        for picture in pictures:
            cv2.imwrite(str(path), picture)
            result, _ = _run_inference(session, path, threshold=confidence)
            found.append(Found.of(result.xyxy, result.confidence, result.class_id))
    return found


def rows():
    yield Row(
        name="rfdetr",
        family="detr",
        how="rfdetr.export._onnx.inference._run_inference: resize without antialias, ONNX Runtime, decode_detections",
        packages=("rfdetr", "torch", "torchvision", "onnxruntime", "pillow"),
        build=build,
        detect=detect,
        fit="stretch",
        size=(SIDE, SIDE),
        level=1 / 57.5,
    )
