"""What JPEG compression does to pictures, in torch, so that it runs where the training runs."""

import math

import torch
import torch.nn.functional as F

# The quantization tables of the standard's annex K.
LUMA = torch.tensor(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
).float()
CHROMA = torch.full((8, 8), 99.0)
CHROMA[:4, :4] = torch.tensor([[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]])


def cosines():
    """The 8 x 8 matrix of the discrete cosine transform."""
    k, n = torch.meshgrid(torch.arange(8.0), torch.arange(8.0), indexing='ij')
    matrix = torch.cos((2 * n + 1) * k * math.pi / 16) / 2
    matrix[0] *= math.sqrt(0.5)
    return matrix


def jpeg(image, quality):
    """image [N, 3, H, W], BGR, 0 to 255, sides multiples of 16; quality [N], 0 to 100. With chroma subsampling."""
    blue, green, red = image.unbind(1)
    y = 0.114 * blue + 0.587 * green + 0.299 * red
    cb, cr = (blue - y) * 0.564, (red - y) * 0.713
    scale = torch.where(quality < 50, 50 / quality, 2 - quality / 50)
    y = code(y - 128, LUMA, scale) + 128
    cb, cr = (twice(code(F.avg_pool2d(c[:, None], 2)[:, 0], CHROMA, scale)) for c in (cb, cr))
    blue, red = y + cb / 0.564, y + cr / 0.713
    green = (y - 0.114 * blue - 0.299 * red) / 0.587
    return torch.stack([blue, green, red], 1).clamp(0, 255)


def code(plane, table, scale):
    """Quantizes the transform of each 8 x 8 block."""
    n, height, width = plane.shape
    cosine = cosines().to(plane.device)
    steps = (table.to(plane.device) * scale[:, None, None, None, None]).clamp(min=1)
    blocks = plane.reshape(n, height // 8, 8, width // 8, 8).transpose(2, 3)
    coefficients = torch.round(cosine @ blocks @ cosine.T / steps) * steps
    return (cosine.T @ coefficients @ cosine).transpose(2, 3).reshape(n, height, width)


def twice(plane):
    return F.interpolate(plane[:, None], scale_factor=2.0, mode='bilinear', align_corners=False)[:, 0]
