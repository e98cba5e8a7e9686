"""Prepares labeled pictures in COCO format for training: people only, pictures of bounded size, scenes held out.

  python models/train/prepare.py labels.json --images frames --out packs

Writes packs/train and packs/held-out. Neighboring frames are nearly the same picture, so whole scenes are held out. The
scene of a picture is the field `scene` of its record, else its folder with what comes before the number in its name.
"""

import argparse
import random
import re
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import cv2

from lib import coco
from lib.shrink import shrink

PEOPLE = ('person', 'player', 'goalkeeper', 'referee')


def people_of(labels, wanted):
    """The names of the categories that are people."""
    names = coco.category_names(labels)
    wanted = wanted.split(',') if wanted else [name for name in names if name.lower() in PEOPLE]
    unknown = set(wanted) - set(names)
    if unknown or not wanted:
        raise SystemExit(f'Expected --classes out of {", ".join(names)}, received {", ".join(unknown) or "none"}')
    return wanted


def scene_of(picture):
    if 'scene' in picture.record:
        return str(picture.record['scene'])
    name = Path(picture.record['file_name'])
    stem = name.name.split('_jpg.rf.')[0].split('_png.rf.')[0]  # as Roboflow renames pictures
    return str(name.parent / re.sub(r'[-_ ]*\d*(\.\w+)?$', '', stem))


def hold_out(pictures, share, named, seed):
    """Two lists: to train on, and held out."""
    scenes = defaultdict(list)
    for picture in pictures:
        scenes[scene_of(picture)].append(picture)
    if named is not None:
        unknown = set(named) - set(scenes)
        if unknown:
            raise SystemExit(f'No scene {", ".join(unknown)}; there are {", ".join(scenes)}')
        chosen = set(named)
    else:
        chosen = choose(scenes, share * len(pictures), seed)
    train = [picture for scene, own in scenes.items() if scene not in chosen for picture in own]
    return train, [picture for scene in sorted(chosen) for picture in scenes[scene]]


def choose(scenes, wanted, seed):
    """Scenes at random, never all, until `wanted` pictures are held out."""
    order = sorted(scenes)
    random.Random(seed).shuffle(order)
    chosen, count = set(), 0
    for scene in order[:-1]:
        if count >= wanted:
            break
        # A scene that overshoots by more than is missing is left to the training.
        if chosen and count + len(scenes[scene]) - wanted > wanted - count:
            continue
        chosen.add(scene)
        count += len(scenes[scene])
    return chosen


def write(folder, pictures, options):
    folder.mkdir(parents=True, exist_ok=True)

    def one(numbered):
        number, picture = numbered
        pixels, scale = shrink(picture.read().pixels, options.long_side)
        path = folder / f'{number:05d}.webp'
        cv2.imwrite(str(path), pixels, [cv2.IMWRITE_WEBP_QUALITY, options.quality])
        record = {key: picture.record[key] for key in ('source', 'partial', 'loose') if key in picture.record}
        record = {'source': options.source} | record
        record |= {'scene': scene_of(picture), 'origin': picture.record['file_name']}
        record |= {'width': pixels.shape[1], 'height': pixels.shape[0]}
        return replace(
            picture, path=path, record=record, boxes=picture.boxes * scale, ignore=picture.ignore * scale
        )

    with ThreadPoolExecutor(options.threads) as pool:
        written = list(pool.map(one, enumerate(pictures)))
    coco.write(folder, written)
    scenes = Counter(picture.record['scene'] for picture in written)
    boxes = sum(len(picture.boxes) for picture in written)
    print(f'{folder}: {len(written)} pictures, {boxes} boxes, scenes: {", ".join(sorted(scenes))}')


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('labels', type=Path, help='COCO file')
    parser.add_argument('--images', type=Path, help='folder of the pictures (default: that of the COCO file)')
    parser.add_argument('--out', required=True, type=Path, help='folder to write')
    parser.add_argument('--classes', help=f'categories that are people (default: of {", ".join(PEOPLE)})')
    parser.add_argument('--source', default='pictures', help='name of the pictures in tables')
    parser.add_argument('--hold-out', type=float, default=0.15, help='share of the pictures, as whole scenes')
    parser.add_argument('--hold-out-scenes', help='these scenes instead, comma separated')
    parser.add_argument('--long-side', type=int, default=1280, help='of the pictures, at most')
    parser.add_argument('--quality', type=int, default=80, help='of WebP')
    parser.add_argument('--threads', type=int, default=4)
    parser.add_argument('--seed', type=int, default=4)
    return parser.parse_args()


def main():
    options = arguments()
    pictures = coco.load(options.labels, options.images, people_of(options.labels, options.classes))
    named = options.hold_out_scenes.split(',') if options.hold_out_scenes else None
    train, held_out = hold_out(pictures, options.hold_out, named, options.seed)
    write(options.out / 'train', train, options)
    if held_out:
        write(options.out / 'held-out', held_out, options)
    elif options.hold_out > 0:
        print(f'Nothing is held out: all pictures are one scene, {scene_of(pictures[0])}. Label a second one.')


if __name__ == '__main__':
    main()
