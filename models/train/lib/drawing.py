"""What drawn places are made of. Pictures are float [H, W, 3], BGR; `rng` is a numpy Generator."""

import cv2
import numpy as np


def color(rng, low=0, high=255):
    return tuple(float(value) for value in rng.integers(low, high, 3))


def somewhere(rng, picture, margin=0):
    """A point (x, y) in the picture, or up to `margin` pixels beside it."""
    height, width = picture.shape[:2]
    return int(rng.uniform(-margin, width + margin)), int(rng.uniform(-margin, height + margin))


def glow(rng, picture, middle, radii, strength, tint):
    """Adds a soft or sharp spot: a lamp or its reflection, or a shadow where `strength` is negative."""
    height, width = picture.shape[:2]
    (x, y), (rx, ry) = middle, radii
    left, right = int(max(0, x - 3 * rx)), int(min(width, x + 3 * rx + 1))
    top, bottom = int(max(0, y - 3 * ry)), int(min(height, y + 3 * ry + 1))
    if right <= left or bottom <= top:
        return
    across = np.exp(-(np.abs((np.arange(left, right) - x) / rx) ** rng.uniform(1.5, 5)))
    down = np.exp(-(np.abs((np.arange(top, bottom) - y) / ry) ** rng.uniform(1.5, 5)))
    spot = (down[:, None] * across)[..., None] * strength * np.asarray(tint)
    picture[top:bottom, left:right] += spot.astype(np.float32)


def lamps(rng, picture, top, bottom, upright):
    """Several alike between two rows, in a line or scattered. `upright`: as tall as people, as reflections are."""
    width = picture.shape[1]
    size = rng.uniform(3, 22) if upright else rng.uniform(2, 14)
    tall = rng.uniform(1.2, 5) if upright else rng.uniform(0.4, 1.5)
    tint = rng.uniform(0.8, 1) + rng.normal(0, 0.06, 3)
    x, y = rng.uniform(0, width), rng.uniform(top, bottom)
    step = rng.uniform(15, 90), rng.uniform(-20, 20)
    scattered = rng.random() < 0.6
    for _ in range(rng.integers(3, 26)):
        if scattered:
            x, y = rng.uniform(0, width), rng.uniform(top, bottom)
        else:
            x, y = (x + step[0]) % width, top + (y + step[1] - top) % max(1, bottom - top)
        radii = size * rng.uniform(0.6, 1.3), size * tall * rng.uniform(0.6, 1.4)
        glow(rng, picture, (x, y), radii, rng.uniform(60, 240), tint)
        if rng.random() < 0.25:  # its dark housing
            beside = x + rng.uniform(-1, 1) * size, y + rng.uniform(-1, 1) * size * tall
            glow(rng, picture, beside, (radii[0] * 0.8, radii[1] * 0.8), -rng.uniform(40, 160), 1)


def texture(rng, picture, strength):
    """Adds noise of several sizes."""
    height, width = picture.shape[:2]
    for cell in (4, 16, 64):
        noise = rng.normal(0, rng.uniform(0.15, 1) * strength, (max(1, height // cell), max(1, width // cell)))
        picture += cv2.resize(noise.astype(np.float32), (width, height))[..., None]


def shade(rng, picture, strength):
    """Adds a ramp of brightness along each axis."""
    height, width = picture.shape[:2]
    for axis, length in ((0, height), (1, width)):
        ramp = np.linspace(*rng.uniform(-strength, strength, 2), length, dtype=np.float32)
        picture += ramp[:, None, None] if axis == 0 else ramp[None, :, None]


def panels(rng, picture, count, top, bottom, largest=(90, 60)):
    """Boards, screens, flags, speakers, pads, cabinets."""
    for _ in range(count):
        width, height = rng.uniform(4, largest[0]), rng.uniform(4, largest[1])
        x, y = rng.uniform(-20, picture.shape[1]), rng.uniform(top, bottom)
        corner = int(x), int(y)
        cv2.rectangle(picture, corner, (int(x + width), int(y + height)), color(rng), -1)
        if rng.random() < 0.5:
            upper = int(x + width), int(y + height * rng.uniform(0.1, 0.6))
            cv2.rectangle(picture, corner, upper, color(rng), -1)


def fixtures(rng, picture, bottom):
    """Dark things that hang under a roof in groups: loudspeakers, heaters, cameras, lamps that are off."""
    for _ in range(rng.integers(1, 6)):
        (x, y), size = (rng.uniform(0, picture.shape[1]), rng.uniform(0, bottom)), rng.uniform(4, 22)
        paint = (rng.uniform(5, 70),) * 3
        for _ in range(rng.integers(1, 6)):
            middle = x + rng.normal(0, 2.5) * size, y + rng.normal(0, 1.5) * size
            sides = size * rng.uniform(0.4, 1.3), size * rng.uniform(0.5, 2.2)
            corners = cv2.boxPoints((middle, sides, rng.normal(0, 20))) + rng.normal(0, 0.12 * size, (4, 2))
            cv2.fillPoly(picture, [corners.astype(np.int32)], paint, cv2.LINE_AA)
            above = int(middle[0] + rng.normal(0, size)), int(middle[1] - rng.uniform(1, 5) * size)
            cv2.line(picture, (int(middle[0]), int(middle[1])), above, paint, 1, cv2.LINE_AA)
            if rng.random() < 0.4:
                beside = middle[0] + rng.normal(0, size / 2), middle[1] + rng.normal(0, size / 2)
                glow(rng, picture, beside, (size * 0.3, size * 0.3), rng.uniform(60, 220), 1)


def trusses(rng, picture):
    """The lattice of a roof."""
    height, width = picture.shape[:2]
    paint, thickness = color(rng, 40, 220), int(rng.integers(1, 4))
    for y in np.arange(rng.uniform(0, 20), height, rng.uniform(15, 60)):
        slope, step = rng.uniform(-0.2, 0.2) * height, rng.uniform(15, 60)
        cv2.line(picture, (0, int(y)), (width, int(y + slope)), paint, thickness, cv2.LINE_AA)
        for x in np.arange(0, width, step):
            start, row = (int(x), int(y + slope * x / width)), rng.choice((-1, 1))
            cv2.line(picture, start, (int(x + step), int(start[1] + row * step / 2)), paint, 1, cv2.LINE_AA)


def lettering(rng, picture, count, top, bottom):
    """Words and numbers."""
    bytes = picture.clip(0, 255).astype(np.uint8)  # text is only drawn in these
    for _ in range(count):
        text = ''.join(chr(c) for c in rng.integers(48, 91, rng.integers(1, 9)))
        at = int(rng.uniform(-20, picture.shape[1])), int(rng.uniform(top, bottom))
        font, size, thickness = int(rng.integers(0, 8)), rng.uniform(0.3, 2.5), int(rng.integers(1, 5))
        cv2.putText(bytes, text, at, font, size, color(rng), thickness, cv2.LINE_AA)
    picture[:] = bytes


def grid(rng, picture):
    """A net, seats, windows."""
    (x, y), (dx, dy) = somewhere(rng, picture), rng.uniform(4, 30, 2)
    paint, filled = color(rng), dx > 10
    for column in range(rng.integers(3, 18)):
        for row in range(rng.integers(2, 8)):
            corner = int(x + column * dx), int(y + row * dy)
            opposite = int(corner[0] + dx * 0.7), int(corner[1] + dy * 0.7)
            cv2.rectangle(picture, corner, opposite, paint, -1 if filled else 1)
