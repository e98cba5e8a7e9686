"""Ultralytics models from their yaml, cut narrow, with weights that give boxes."""

from pathlib import Path

import numpy as np
import torch
import yaml as yaml_format
from ultralytics import YOLO, cfg
from ultralytics.data.augment import LetterBox
from ultralytics.nn.modules import Conv

from weights import settle_norms, smooth, spread

NAMES = ["player", "goalkeeper", "referee", "ball"]


def cut(yaml: str, folder: Path, channels: int, names: list[str], **changes) -> YOLO:
    """The model of a yaml of the package with at most so many channels in a layer."""
    found = next(Path(cfg.__file__).parent.glob(f"models/*/{yaml}"))
    config = yaml_format.safe_load(found.read_text())
    config |= {"nc": len(names), "scales": {"n": [0.33, 0.0625, channels * 16]}, **changes}
    path = folder / yaml
    path.write_text(yaml_format.safe_dump(config))
    model = YOLO(str(path), verbose=False)
    model.model.names = dict(enumerate(names))
    narrow_boxes(model.model.model[-1])
    return model


def narrow_boxes(head) -> None:
    """The head gives its branch for boxes at least 64 channels; 8 do here."""
    for name in ("cv2", "one2one_cv2"):
        branches = getattr(head, name, None)
        for i, branch in enumerate(branches if branches is not None else ()):
            last = branch[-1]
            branches[i] = torch.nn.Sequential(
                Conv(branch[0].conv.in_channels, 8, 3), Conv(8, 8, 3), torch.nn.Conv2d(8, last.out_channels, 1)
            )


def network_inputs(pictures, height: int, width: int, stretch: bool = False) -> torch.Tensor:
    fit = LetterBox((height, width), scale_fill=stretch)
    images = [fit(image=picture)[..., ::-1] for picture in pictures]
    return torch.from_numpy(np.ascontiguousarray(np.stack(images).transpose(0, 3, 1, 2))).float() / 255


def near_bins(count: int, center: float) -> torch.Tensor:
    """Biases of the bins of one side: a hill around the middle distance, in strides."""
    return -((torch.arange(count) - center) ** 2) / 3


def set_weights(model: YOLO, inputs: torch.Tensor, seed: int, score_std=1.4, score_mean=-2.6, distance=2.0) -> None:
    torch.manual_seed(seed)
    net = model.model
    for parameter in net.parameters():
        parameter.requires_grad = False
    smooth(net)
    settle_norms(net, inputs)
    plain = torch.full_like(inputs[:1], 114 / 255)
    head = net.model[-1]
    pairs = [(head.cv2, head.cv3)]
    if getattr(head, "one2one_cv2", None) is not None:
        pairs.append((head.one2one_cv2, head.one2one_cv3))
    for boxes, scores in pairs:
        reg_max = head.reg_max
        middle = near_bins(reg_max, distance).repeat(4) if reg_max > 1 else torch.full((4,), distance)
        spread(net, [branch[-1] for branch in boxes], inputs, 1.2 if reg_max > 1 else 0.5, middle)
        spread(net, [branch[-1] for branch in scores], inputs, score_std, score_mean, plain)
