"""Drawn places without people: abstract ones, ice rinks and gyms. They teach that lamps, reflections, lines, posts and
boards are not people."""

import cv2
import numpy as np

from . import drawing


def place(rng, height, width):
    """A picture without people, uint8 [H, W, 3]."""
    coarse = 2 if rng.random() < 0.35 else 1  # a video of low resolution, enlarged
    picture = np.zeros((height // coarse, width // coarse, 3), np.float32)
    draw = (abstract, rink, gym)[rng.choice(3, p=(0.4, 0.4, 0.2))]
    draw(rng, picture)
    picture = cv2.resize(picture, (width, height))
    if rng.random() < 0.6:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.6))
    return picture.clip(0, 255).astype(np.uint8)


def abstract(rng, picture):
    """Bands of any color, with lines, boards, letters, lamps and reflections."""
    height, width = picture.shape[:2]
    bands = [*sorted(rng.uniform(0, height, rng.integers(0, 4))), height]
    top = 0
    for bottom in bands:
        picture[int(top) : int(bottom)] = drawing.color(rng, 20, 245) if rng.random() < 0.5 else rng.uniform(30, 245)
        top = bottom
    floor = min(bands[-2] if len(bands) > 1 else 0, height - 30)
    drawing.texture(rng, picture, 14)
    drawing.shade(rng, picture, 40)
    for _ in range(rng.integers(0, 14)):  # lines of the floor, beams, posts
        start, end = drawing.somewhere(rng, picture, 50), drawing.somewhere(rng, picture, 50)
        if rng.random() < 0.4:
            end = start[0] + int(rng.uniform(-8, 8)), end[1]
        cv2.line(picture, start, end, drawing.color(rng), int(rng.integers(1, 9)), cv2.LINE_AA)
    for _ in range(rng.integers(0, 3)):
        axes = int(rng.uniform(10, 200)), int(rng.uniform(5, 90))
        thickness = int(rng.integers(1, 6)) if rng.random() < 0.7 else -1
        middle, turn = drawing.somewhere(rng, picture), rng.uniform(0, 180)
        cv2.ellipse(picture, middle, axes, turn, 0, 360, drawing.color(rng), thickness, cv2.LINE_AA)
    drawing.panels(rng, picture, rng.integers(0, 12), -20, height)
    drawing.lettering(rng, picture, rng.integers(0, 8), 0, height)
    if rng.random() < 0.3:
        drawing.grid(rng, picture)
    if rng.random() < 0.75:
        drawing.lamps(rng, picture, 0, max(30, rng.uniform(0.2, 0.7) * height), rng.random() < 0.3)
    if rng.random() < 0.75:
        drawing.lamps(rng, picture, floor, height, rng.random() < 0.75)
    for _ in range(rng.integers(0, 7)):  # shadows, marks
        radii = rng.uniform(2, 18), rng.uniform(3, 40)
        drawing.glow(rng, picture, drawing.somewhere(rng, picture), radii, -rng.uniform(30, 150), 1)


def rink(rng, picture):
    """Ice under a roof with lamps: boards with advertising, lines and circles, scratches, glass, reflections."""
    height = picture.shape[0]
    boards = hall(rng, picture, rng.uniform(0.1, 0.55) * height)
    ice = int(boards + rng.uniform(0.05, 0.18) * height)
    picture[int(boards) : ice] = rng.uniform(170, 250)
    drawing.panels(rng, picture, rng.integers(0, 14), boards, ice, (160, (ice - boards) * 0.8))
    drawing.lettering(rng, picture, rng.integers(0, 10), boards, ice)
    kick = (40, 190, 230) if rng.random() < 0.6 else drawing.color(rng)
    cv2.line(picture, (0, ice), (picture.shape[1], ice), kick, int(rng.integers(2, 12)))
    bright = rng.uniform(140, 245)
    floor = picture[ice:]
    floor[:] = bright + rng.uniform(0, 20), bright, bright - rng.uniform(0, 20)
    drawing.texture(rng, floor, 8)
    drawing.shade(rng, floor, 30)
    for _ in range(rng.integers(1, 7)):
        paint = (60, 40, 190) if rng.random() < 0.5 else (170, 80, 30)
        marking(rng, floor, paint)
    for _ in range(rng.integers(0, 60)):  # scratches of skates
        start = drawing.somewhere(rng, floor)
        end = start[0] + int(rng.uniform(-80, 80)), start[1] + int(rng.uniform(-12, 12))
        cv2.line(floor, start, end, (rng.uniform(200, 255),) * 3, 1, cv2.LINE_AA)
    reflections(rng, floor)
    if rng.random() < 0.4:  # posts of the glass
        for x in np.arange(rng.uniform(0, 200), picture.shape[1], rng.uniform(60, 320)):
            thickness = int(rng.integers(2, 7))
            cv2.line(picture, (int(x), 0), (int(x), int(boards)), (rng.uniform(60, 220),) * 3, thickness)


def gym(rng, picture):
    """A wooden or colored floor with the lines of several sports, below a wall, a stand and a ceiling with lamps."""
    height, width = picture.shape[:2]
    edge = int(hall(rng, picture, rng.uniform(0.2, 0.6) * height))
    floor = picture[edge:]
    floor[:] = (90, 150, 200) if rng.random() < 0.7 else drawing.color(rng, 40, 220)
    floor += rng.uniform(-40, 40)
    for x in np.arange(0, width, rng.uniform(6, 40)):  # planks
        leaning = int(x + rng.uniform(-30, 30))
        cv2.line(floor, (int(x), 0), (leaning, height), floor[0, 0].tolist(), 1)
        floor[:, int(x) : int(x) + 3] += rng.normal(0, 8)
    drawing.texture(rng, floor, 8)
    drawing.shade(rng, floor, 40)
    for _ in range(rng.integers(2, 12)):
        marking(rng, floor, drawing.color(rng))
    reflections(rng, floor)


def hall(rng, picture, bottom):
    """Roof, beams, lamps, stands and flags down to the row `bottom`, which is returned."""
    width = picture.shape[1]
    bottom = max(1, int(bottom))
    above = picture[:bottom]
    above[:] = rng.uniform(15, 230) + rng.uniform(-15, 15, 3) if rng.random() < 0.7 else drawing.color(rng)
    drawing.texture(rng, above, 10)
    for _ in range(rng.integers(0, 16)):  # beams, pipes, posts
        start = int(rng.uniform(0, width)), 0
        end = start[0] + int(rng.uniform(-400, 400)), bottom
        cv2.line(above, start, end, drawing.color(rng, 20, 200), int(rng.integers(1, 8)), cv2.LINE_AA)
    if rng.random() < 0.6:
        drawing.trusses(rng, above)
    if rng.random() < 0.6:
        drawing.grid(rng, above)
    if rng.random() < 0.8:
        drawing.fixtures(rng, above, bottom)
    drawing.panels(rng, above, rng.integers(0, 10), 0, bottom)
    drawing.lettering(rng, above, rng.integers(0, 4), 0, bottom)
    for _ in range(rng.integers(1, 4)):
        drawing.lamps(rng, above, 0, bottom, rng.random() < 0.3)
    return bottom


def marking(rng, floor, paint):
    """A line, a circle or a dot on the floor."""
    middle, kind = drawing.somewhere(rng, floor, 100), rng.random()
    thickness = int(rng.integers(2, 14))
    if kind < 0.5:
        end = drawing.somewhere(rng, floor, 300)
        cv2.line(floor, middle, end, paint, thickness, cv2.LINE_AA)
    elif kind < 0.85:
        axes = int(rng.uniform(40, 320)), int(rng.uniform(10, 120))
        cv2.ellipse(floor, middle, axes, 0, 0, 360, paint, thickness, cv2.LINE_AA)
    else:
        cv2.ellipse(floor, middle, (int(rng.uniform(6, 40)), int(rng.uniform(3, 16))), 0, 0, 360, paint, -1)


def reflections(rng, floor):
    """Of lamps, as streaks and spots, and of what is dark behind the floor."""
    height = floor.shape[0]
    for _ in range(rng.integers(1, 4)):
        drawing.lamps(rng, floor, 0, height, rng.random() < 0.75)
    for _ in range(rng.integers(0, 8)):
        radii = rng.uniform(4, 60), rng.uniform(6, 80)
        drawing.glow(rng, floor, drawing.somewhere(rng, floor), radii, -rng.uniform(10, 90), 1)
