"""Other kits, floors, lights and cameras: changes of color, blur, JPEG and noise."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from .jpeg import jpeg

# Blue, green, red -> brightness and two axes of color.
TO_YIQ = np.array([[0.114, 0.587, 0.299], [-0.321, -0.275, 0.596], [0.311, -0.523, 0.212]])
FROM_YIQ = np.linalg.inv(TO_YIQ)


def jitter(image, rng):
    """image [N, 3, H, W], BGR, 0 to 255. rng: random.Random."""
    image = recolor(image, rng)
    image = blur(image, rng, chosen(image, rng, 0.2))
    coded = chosen(image, rng, 0.3)
    if coded:
        quality = torch.tensor([rng.uniform(20, 80) for _ in coded]).to(image.device)
        image[coded] = jpeg(image[coded], quality)
    noise = [rng.uniform(0, 8) if rng.random() < 0.25 else 0.0 for _ in image]
    noise = torch.tensor(noise).to(image.device)[:, None, None, None]
    return (image + noise * torch.randn_like(image)).clamp(0, 255)


def chosen(image, rng, share):
    return [i for i in range(len(image)) if rng.random() < share]


def recolor(image, rng):
    changes = [color_change(rng) for _ in image]
    matrices, shifts, gammas = (
        torch.from_numpy(np.array(values, np.float32)).to(image.device) for values in zip(*changes)
    )
    image = torch.einsum('nij,njhw->nihw', matrices, image) + shifts[:, None, None, None]
    return (image.clamp(0, 255) / 255).pow(gammas[:, None, None, None]) * 255


def color_change(rng):
    """A matrix, a shift and a gamma: hue, saturation, contrast, brightness, white balance."""
    hue = rng.gauss(0, 0.15) if rng.random() < 0.5 else 0.0
    if rng.random() < 0.12:
        hue = rng.uniform(-math.pi, math.pi)  # floors of any color
    saturation = math.exp(rng.gauss(0, 0.3)) if rng.random() < 0.7 else 1.0
    if rng.random() < 0.03:
        saturation = 0.0
    contrast = math.exp(rng.gauss(0, 0.2)) if rng.random() < 0.7 else 1.0
    brightness = math.exp(rng.gauss(0, 0.2)) if rng.random() < 0.7 else 1.0
    gamma = math.exp(rng.gauss(0, 0.2)) if rng.random() < 0.3 else 1.0
    along, across = saturation * math.cos(hue), saturation * math.sin(hue)
    turn = np.array([[1, 0, 0], [0, along, -across], [0, across, along]])
    balance = np.diag([math.exp(rng.gauss(0, 0.05)) for _ in range(3)])
    matrix = balance @ FROM_YIQ @ turn @ TO_YIQ * contrast * brightness
    return matrix, 110 * (1 - contrast) * brightness + rng.gauss(0, 8), gamma


def blur(image, rng, which, reach=3):
    """Gaussian blur of some images, of another width along each axis: focus and motion."""
    if not which:
        return image
    taps = torch.arange(-reach, reach + 1)
    widths = torch.tensor([[rng.uniform(0.4, 1.3), rng.uniform(0.4, 1.3)] for _ in which])
    kernels = torch.exp(-(taps**2) / (2 * widths[..., None] ** 2))
    kernels = (kernels / kernels.sum(-1, keepdim=True)).to(image.device)  # [K, axis, tap]
    height, width = image.shape[2:]
    part = F.pad(image[which], (reach,) * 4, 'replicate')
    part = sum(kernels[:, 0, i, None, None, None] * part[..., i : i + width] for i in range(len(taps)))
    part = sum(kernels[:, 1, i, None, None, None] * part[..., i : i + height, :] for i in range(len(taps)))
    image[which] = part
    return image
