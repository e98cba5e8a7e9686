"""Which anchor learns which box: the dynamic k of SimOTA with the cost of RTMDet."""

import torch
import torch.nn.functional as F

from .head import overlap

# A box is learned by at most so many anchors.
MOST = 13
# At stride 8 an anchor may also lie just outside of a box that is narrower than the grid.
LEAST_REACH = 6.0
NEVER = 1e8


@torch.no_grad()
def assign(logit, predicted, centers, strides, truth, has):
    """For each anchor the index of its box, or -1, [B, A], and the IoU with it of what is predicted there.

    logit: [B, A] of people. predicted: [B, A, 4]. truth: [B, M, 4], of which `has` [B, M] says which are boxes.
    """
    offset, inside = reach(centers, strides, truth)
    inside &= has[:, None]
    iou = overlap(predicted[:, :, None], truth[:, None]) * inside
    score = logit.sigmoid()[..., None]
    entropy = F.binary_cross_entropy_with_logits(logit[..., None].expand_as(iou), iou, reduction='none')
    distance = offset.square().sum(-1).sqrt() / strides[None, :, None]
    cost = entropy * (iou - score) ** 2 - 3 * (iou + 1e-7).log() + 10 ** (distance.clamp(max=8) - 3)
    cost = cost.masked_fill(~inside, NEVER)
    most = min(MOST, iou.shape[1])
    k = iou.topk(most, 1).values.sum(1).floor().clamp(min=1)  # [B, M]
    lowest, at = cost.topk(most, 1, largest=False)  # [B, most, M]
    rank = torch.arange(most, device=cost.device)[None, :, None]
    chosen = torch.zeros_like(inside).scatter(1, at, (rank < k[:, None]) & (lowest < NEVER / 10))
    # An anchor that several boxes want goes to the cheapest.
    best = cost.masked_fill(~chosen, 10 * NEVER).min(-1)
    index = torch.where(chosen.any(-1), best.indices, -1)
    return index, iou.gather(-1, index.clamp(min=0)[..., None])[..., 0]


def reach(centers, strides, truth):
    """Distances [B, A, M, 2] of the anchors to the centers of the boxes, and which anchors are inside [B, A, M]."""
    middle = (truth[..., :2] + truth[..., 2:]) / 2
    half = (truth[..., 2:] - truth[..., :2])[:, None] / 2
    offset = (centers[None, :, None] - middle[:, None]).abs()
    finest = (strides == strides.min())[None, :, None, None]
    return offset, (offset < torch.where(finest, half.clamp(min=LEAST_REACH), half)).all(-1)
