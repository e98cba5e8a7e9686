"""A small backbone for formats whose own package is not on PyPI, and its export."""

from pathlib import Path

import torch
from torch import nn

from weights import settle_norms, smooth


def block(channels_in: int, channels_out: int) -> nn.Sequential:
    """A convolution that halves the picture."""
    conv = nn.Conv2d(channels_in, channels_out, 3, stride=2, padding=1, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(channels_out), nn.SiLU())


class Backbone(nn.Module):
    """Feature maps of strides 8, 16, 32 … in as many levels as asked for."""

    def __init__(self, levels: int, channels: int = 16):
        super().__init__()
        self.stem = nn.Sequential(block(3, 8), block(8, 8))
        self.levels = nn.ModuleList(block(8 if i == 0 else channels, channels) for i in range(levels))

    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        feature = self.stem(image)
        features = []
        for level in self.levels:
            feature = level(feature)
            features.append(feature)
        return features


def settle(model: nn.Module, inputs: torch.Tensor) -> None:
    for parameter in model.parameters():
        parameter.requires_grad = False
    smooth(model)
    settle_norms(model, inputs)


def export(model: nn.Module, inputs, file: Path, names_in, names_out, dynamic=None, opset=17) -> None:
    torch.onnx.export(
        model.eval(),
        inputs,
        str(file),
        input_names=names_in,
        output_names=names_out,
        dynamic_axes=dynamic,
        opset_version=opset,
        dynamo=False,
    )
