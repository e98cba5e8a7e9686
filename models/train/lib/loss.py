"""Generalized focal loss (Li et al. 2020) of people on dynamic soft labels, and ties to the base model.

The base model looks at the same views. It tightens loosely drawn boxes, says where unlabeled people may be, and keeps
the other classes as they were.
"""

import torch
import torch.nn.functional as F

from . import head
from .assign import assign
from .decode import BINS, PERSON

# Weights of the parts.
GIOU, DISTRIBUTION, OTHERS = 2.0, 0.25, 0.5
# From this score of the base model on, an anchor may be an unlabeled person.
SURE = 0.25


def detection_loss(outputs, base, grid, views):
    """Losses by name. outputs, base: (logits, bins) of the model and of the base model. grid: (centers, strides)."""
    (logits, bins), (base_logits, base_bins) = outputs, base
    base_score = base_logits[..., PERSON].sigmoid()
    truth = tighten(views, head.boxes(*grid, base_bins), base_score)
    logit, predicted = logits[..., PERSON], head.boxes(*grid, bins)
    index, iou = assign(logit.detach(), predicted.detach(), *grid, truth, views.has)
    positive = index >= 0
    count = positive.sum().clamp(min=1)
    counted = positive | ~unknown(grid[0], views, base_score)
    target = torch.where(positive, iou, 0.0)
    # Over all anchors with a weight, so that no size depends on the data: a GPU would have to wait for it.
    weight = logit.detach().sigmoid().clamp(min=0.05) * positive
    weight = weight / weight.sum().clamp(min=1)
    mine = truth.gather(1, index.clamp(min=0)[..., None].expand(-1, -1, 4))
    return {
        'person': (focal(logit, target) * counted).sum() / count,
        'giou': GIOU * ((1 - head.overlap(predicted, mine, generalized=True)) * weight).sum(),
        'distribution': DISTRIBUTION * (distribution(bins, mine, grid) * weight).sum(),
        'others': OTHERS * focal(logits[..., 1:], base_logits[..., 1:].sigmoid()).sum() / count,
    }


def focal(logit, target):
    """Quality focal loss."""
    entropy = F.binary_cross_entropy_with_logits(logit, target, reduction='none')
    return entropy * (target - logit.sigmoid()).abs() ** 2


def distribution(bins, boxes, grid):
    """Distribution focal loss [B, A]: the two bins around each true distance."""
    centers, strides = grid
    sides = torch.cat([centers - boxes[..., :2], boxes[..., 2:] - centers], -1) / strides[:, None]
    sides = sides.clamp(0, BINS - 1.01)
    lower = sides.floor()
    logs = bins.unflatten(-1, (4, BINS)).log_softmax(-1)

    def at(bin):
        return logs.gather(-1, bin.long()[..., None])[..., 0]

    return -(at(lower) * (lower + 1 - sides) + at(lower + 1) * (sides - lower)).mean(-1)


@torch.no_grad()
def tighten(views, predicted, score, least_iou=0.55, least_fit=0.15):
    """Loosely drawn boxes, moved by their looseness towards the box of the base model that fits them best, if any."""
    fit = head.overlap(predicted[:, :, None], views.boxes[:, None])
    best = ((fit > least_iou) * fit * score[..., None]).max(1)  # [B, M]
    near = predicted.gather(1, best.indices[..., None].expand(-1, -1, 4))
    share = (views.loose * (best.values > least_fit) * views.has)[..., None]
    return views.boxes + (near - views.boxes) * share


def unknown(centers, views, base_score):
    """Anchors [B, A] that are neither right nor wrong: in ignore boxes, or on people that may be unlabeled."""
    points, areas = centers[None, :, None], views.ignore[:, None]
    ignored = ((points > areas[..., :2]) & (points < areas[..., 2:])).all(-1).any(-1)
    right = centers[:, 0] >= views.image.shape[3] / 2
    low = centers[:, 1] >= views.image.shape[2] / 2
    return ignored | (views.partial[:, low.long() * 2 + right.long()] & (base_score > SURE))
