"""RT-DETR, RT-DETRv2 and D-FINE of transformers, cut small, as optimum exports them: logits and pred_boxes."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import onnxruntime
import onnxslim
import torch
from PIL import Image
from torch import nn
from transformers import (
    DFineConfig,
    DFineForObjectDetection,
    HGNetV2Config,
    RTDetrConfig,
    RTDetrForObjectDetection,
    RTDetrImageProcessor,
    RTDetrResNetConfig,
    RTDetrV2Config,
    RTDetrV2ForObjectDetection,
)

from row import NAMES, Found, Row
from weights import settle_norms, smooth, spread

HOW = "transformers RTDetrImageProcessor (resize with antialias), ONNX Runtime, post_process_object_detection"


def image_processor(size) -> RTDetrImageProcessor:
    return RTDetrImageProcessor(size={"height": size[0], "width": size[1]})


def pil(picture: np.ndarray) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(picture[..., ::-1]))


def common_config(queries: int, channels: int = 16) -> dict:
    """A transformer of so many channels."""
    return {
        "encoder_in_channels": [channels] * 3,
        "decoder_in_channels": [channels] * 3,
        "encoder_hidden_dim": channels,
        "d_model": channels,
        "encoder_ffn_dim": 2 * channels,
        "decoder_ffn_dim": 2 * channels,
        "encoder_attention_heads": 2,
        "decoder_attention_heads": 2,
        "encoder_layers": 1,
        "decoder_layers": 2,
        "decoder_n_points": 2,
        "num_queries": queries,
        "num_denoising": 0,
        "hidden_expansion": 0.5,
        "freeze_backbone_batch_norms": False,
        "num_labels": len(NAMES),
        "attn_implementation": "eager",
    }


def resnet(channels: int = 16) -> RTDetrResNetConfig:
    return RTDetrResNetConfig(
        embedding_size=8,
        hidden_sizes=[8, channels, channels, channels],
        depths=[1, 1, 1, 1],
        layer_type="basic",
        out_features=["stage2", "stage3", "stage4"],
    )


def hgnet() -> HGNetV2Config:
    return HGNetV2Config(
        hidden_sizes=[8, 16, 16, 16],
        stem_channels=[3, 8, 8],
        stage_in_channels=[8, 8, 16, 16],
        stage_mid_channels=[8, 8, 8, 8],
        stage_out_channels=[8, 16, 16, 16],
        stage_num_blocks=[1, 1, 1, 1],
        stage_numb_of_layers=[1, 1, 1, 1],
        depths=[1, 1, 1, 1],
        out_features=["stage2", "stage3", "stage4"],
    )


def rtdetr(queries: int, channels: int = 16):
    return RTDetrForObjectDetection(RTDetrConfig(backbone_config=resnet(channels), **common_config(queries, channels)))


def rtdetr_narrow(queries: int):
    return rtdetr(queries, channels=8)


def rtdetr_v2(queries: int):
    return RTDetrV2ForObjectDetection(RTDetrV2Config(backbone_config=resnet(), **common_config(queries)))


def dfine(queries: int):
    config = common_config(queries) | {"lqe_hidden_dim": 8, "head_dim": 8}
    return DFineForObjectDetection(DFineConfig(backbone_config=hgnet(), **config))


class Outputs(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, pixel_values):
        found = self.model(pixel_values=pixel_values)
        return found.logits, found.pred_boxes


def network(make, queries: int, inputs: torch.Tensor, seed: int):
    """With weights for which queries differ from place to place, and boxes from query to query."""
    torch.manual_seed(seed)
    model = make(queries).eval()
    for parameter in model.parameters():
        parameter.requires_grad = False
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
        elif isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)
        # The offsets of the deformable attention keep to their cell.
        for name in ("sampling_offsets", "attention_weights"):
            if hasattr(module, name):
                getattr(module, name).weight.data *= 0.1
    smooth(model)
    settle_norms(model, inputs)
    decoder = model.model.decoder
    spread(model, [model.model.enc_score_head], inputs, 1.0, -1.0)
    spread(model, [model.model.enc_bbox_head.layers[-1]], inputs, 0.2, torch.tensor([0.0, 0.0, 0.7, 0.8]))
    for layer in decoder.bbox_embed:
        if hasattr(decoder, "pre_bbox_head"):
            spread(model, [layer.layers[-1]], inputs, 0.5, 0.0)
        else:
            spread(model, [layer.layers[-1]], inputs, 0.2, torch.tensor([0.0, 0.0, 0.2, 0.2]))
    if hasattr(decoder, "pre_bbox_head"):
        spread(model, [decoder.pre_bbox_head.layers[-1]], inputs, 0.2, torch.tensor([0.0, 0.0, 0.2, 0.2]))
    # With several layers tied to one module, the last call counts.
    spread(model, [decoder.class_embed[-1]], inputs, 1.5, -2.5)
    return model


def build(make, queries: int, size, slim: bool):
    def write(file: Path, pictures, seed: int) -> None:
        inputs = image_processor(size)(images=[pil(p) for p in pictures], return_tensors="pt")["pixel_values"]
        model = network(make, queries, inputs, seed)
        torch.onnx.export(
            Outputs(model),
            inputs[:1],
            str(file),
            input_names=["pixel_values"],
            output_names=["logits", "pred_boxes"],
            dynamic_axes={name: {0: "batch_size"} for name in ("pixel_values", "logits", "pred_boxes")},
            opset_version=17,
            dynamo=False,
        )
        if slim:
            onnx.save(onnxslim.slim(onnx.load(str(file))), str(file))

    return write


def detector(size):
    processor = image_processor(size)

    def detect(file: Path, pictures, confidence: float, _iou) -> list[Found]:
        session = onnxruntime.InferenceSession(str(file))
        found = []
        for picture in pictures:
            pixels = processor(images=pil(picture), return_tensors="np")["pixel_values"]
            logits, boxes = (
                torch.from_numpy(o) for o in session.run(["logits", "pred_boxes"], {"pixel_values": pixels})
            )
            outputs = SimpleNamespace(logits=logits, pred_boxes=boxes)
            sizes = [picture.shape[:2]]
            result = processor.post_process_object_detection(outputs, threshold=confidence, target_sizes=sizes)[0]
            found.append(Found.of(result["boxes"], result["scores"], result["labels"]))
        return found

    return detect


def row(name: str, make, size=(128, 128), queries=100, small=False, slim=False) -> Row:
    return Row(
        name=name,
        family="detr",
        how=HOW + ("; simplified by onnxslim" if slim else ""),
        packages=("transformers", "torch", "torchvision", "onnxruntime", "pillow"),
        build=build(make, queries, size, slim),
        detect=detector(size),
        fit="stretch",
        size=size,
        level=1 / 255,
        small=small,
    )


def rows():
    yield row("rtdetr-hf", rtdetr)
    yield row("rtdetr-hf-narrow", rtdetr_narrow, small=True, slim=True)
    yield row("rtdetr-v2-hf", rtdetr_v2, size=(128, 160))
    yield row("dfine-hf", dfine)
