"""Random weights that behave: activations of a usual size, scores and boxes that depend on what is at their place."""

import math

import torch
from torch import nn


def smooth(model: nn.Module, layers: int = 2) -> None:
    """Makes the first convolutions low-pass filters with random colors, so that noise of one level averages out."""
    convolutions = [m for m in model.modules() if isinstance(m, nn.Conv2d) and m.kernel_size[0] > 1 and m.groups == 1]
    for conv in convolutions[:layers]:
        rows, columns = (torch.hann_window(size + 2, periodic=False)[1:-1] for size in conv.kernel_size)
        window = torch.outer(rows, columns)
        mix = torch.randn(conv.weight.shape[:2], dtype=conv.weight.dtype) / math.sqrt(conv.weight.shape[1])
        conv.weight.data = mix[..., None, None] * (window / window.sum())


def settle_norms(model: nn.Module, inputs: torch.Tensor, gain: float = 0.6, shift: float = 1.0) -> None:
    """
    Sets the statistics of the batch normalizations to those of these inputs. With this gain and shift the activations
    work where they are nearly linear; a deep random network would otherwise amplify noise without bound.
    """
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    for norm in norms:
        nn.init.constant_(norm.weight, gain)
        nn.init.constant_(norm.bias, shift)
        norm.reset_running_stats()
        norm.momentum = None
    model.eval()
    for norm in norms:
        norm.train()
    with torch.no_grad():
        model(inputs)
    for norm in norms:
        norm.momentum = 0.1
    model.eval()


def inputs_of(model: nn.Module, layers: list[nn.Module], inputs: torch.Tensor) -> list[torch.Tensor]:
    """What each of these layers is given, as [places, channels]."""
    found: dict[int, torch.Tensor] = {}

    def keep(layer, given):
        channels_last = given[0].detach() if isinstance(layer, nn.Linear) else given[0].detach().movedim(1, -1)
        found[id(layer)] = channels_last.flatten(0, -2)

    hooks = [layer.register_forward_pre_hook(keep) for layer in layers]
    with torch.no_grad():
        model(inputs)
    for hook in hooks:
        hook.remove()
    return [found[id(layer)] for layer in layers]


def spread(model: nn.Module, layers: list[nn.Module], inputs, std, bias, plain=None) -> None:
    """
    Scales the last layers (linear, or convolutions of 1 by 1) so that every channel has this deviation over the inputs
    and this mean (a number, or one for each channel). With `plain`, an input of the color of the padding, every
    channel gives the padding two deviations less than the mean.
    """
    features = inputs_of(model, layers, inputs)
    plains = inputs_of(model, layers, plain) if plain is not None else [None] * len(layers)
    for layer, feature, level in zip(layers, features, plains, strict=True):
        weight = layer.weight.data.flatten(1)
        weight /= (feature @ weight.T).std(0).clamp_min(1e-6)[:, None]
        if level is not None:
            away = feature.mean(0) - level.median(0).values
            for channel in weight:
                away_by = channel @ away
                if away_by < 0:
                    channel *= -1
                missing = 2 - away_by.abs()
                if missing > 0:
                    channel += away * missing / (away @ away)
            weight /= (feature @ weight.T).std(0).clamp_min(1e-6)[:, None]
        weight *= torch.as_tensor(std, dtype=weight.dtype).reshape(-1, 1)
        layer.weight.data = weight.reshape(layer.weight.shape)
        layer.bias.data = torch.as_tensor(bias, dtype=weight.dtype) - (feature @ weight.T).mean(0)
