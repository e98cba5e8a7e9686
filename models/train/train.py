"""Trains NanoDet-g on labeled pictures, from the weights of an ONNX file, and writes a file that the graph runs.

  python models/train/train.py packs/train --held-out packs/held-out --out my-players.onnx --minutes 60

Only class 0 (person) is trained. On a GPU a few minutes are enough; a CPU takes smaller views and needs an hour.
"""

import argparse
import json
import os
from pathlib import Path

# Threads that wait must not spin: beside other programs that takes several times as long. Read when torch is loaded.
os.environ.setdefault('OMP_WAIT_POLICY', 'passive')

import torch

from lib import coco, models_json
from lib.glare import Glare
from lib.training import Settings, Training, report
from lib.views import Sampler

DEFAULT_BASE = Path(__file__).parent.parent / 'nanodet-sports.onnx'
# Height x width x batch, in turn.
VIEWS = {'cuda': '736x1280x32,736x1280x32,512x896x64', 'cpu': '320x544x8'}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('data', nargs='+', help='folders that prepare.py wrote, or COCO files beside their pictures')
    parser.add_argument('--out', required=True, type=Path, help='ONNX file to write; models.json beside it is updated')
    parser.add_argument('--model', type=Path, default=DEFAULT_BASE, help='ONNX file to start from')
    parser.add_argument('--base', type=Path, help='ONNX file to stay close to (default: that of --model)')
    parser.add_argument('--held-out', help='folder or COCO file to evaluate on, before and after')
    parser.add_argument('--minutes', type=float, default=1e6, help='end after so long')
    parser.add_argument('--steps', type=int, default=10**9, help='end after so many steps')
    parser.add_argument('--views', help=f'height x width x batch, in turn (default: {VIEWS})')
    parser.add_argument('--rate', type=float, default=1e-4, help='highest learning rate')
    parser.add_argument('--warm-up', type=int, default=100, help='steps with a lower rate at the start')
    parser.add_argument('--pull', type=float, default=1.0, help='decay of the weights towards the first ones')
    parser.add_argument('--average', type=float, default=0.998, help='decay of the moving average of the weights')
    parser.add_argument('--clip', type=float, default=10.0, help='largest norm of the gradient')
    parser.add_argument('--weights', type=json.loads, default={}, help='JSON: factor by source')
    parser.add_argument('--empty', type=float, help='share of the views that show pictures without people')
    parser.add_argument('--glare', type=float, default=0.1, help='share of the views with drawn lamps and reflections')
    parser.add_argument('--input-size', type=int, default=1280, help='of the evaluation')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--device', choices=VIEWS, default='cuda' if torch.cuda.is_available() else 'cpu')
    options = parser.parse_args()
    if options.minutes == 1e6 and options.steps == 10**9:
        parser.error('--minutes or --steps is needed')
    options.base = options.base or options.model
    return options


def view_sizes(text):
    sizes = [tuple(map(int, size.split('x'))) for size in text.split(',')]
    for size in sizes:
        if len(size) != 3 or size[0] % 32 or size[1] % 32 or min(size) < 1:
            raise SystemExit(f'Expected HEIGHTxWIDTHxBATCH with sides that are multiples of 32, received {text}')
    return tuple(sizes)


def main():
    options = arguments()
    torch.manual_seed(options.seed)
    torch.backends.cudnn.benchmark = options.held_out is None
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    device = torch.device(options.device)
    models_json.entry_of(options.model)  # fails here rather than after the training
    pictures = coco.read_all([picture for data in options.data for picture in coco.load(data)])
    held_out = coco.load(options.held_out) if options.held_out else []
    if not any(len(picture.boxes) for picture in pictures):
        raise SystemExit('No labeled person in the pictures')
    glare = Glare(options.glare, device, options.seed) if options.glare > 0 else None
    sampler = Sampler(pictures, device, options.seed, options.weights, options.empty, glare)
    settings = Settings(
        steps=options.steps,
        minutes=options.minutes,
        rate=options.rate,
        warm_up=options.warm_up,
        views=view_sizes(options.views or VIEWS[options.device]),
        pull=options.pull,
        average=options.average,
        clip=options.clip,
    )
    shares = {source: round(share, 3) for source, share in sampler.shares().items()}
    report(pictures=len(pictures), boxes=sum(len(p.boxes) for p in pictures), shares=shares, device=options.device)
    training = Training(options.model, options.base, sampler, settings, device)
    if held_out:
        training.evaluate(held_out, options.input_size)
    seconds = training.run(options.out)
    if held_out:
        training.evaluate(held_out, options.input_size)
    done = f'trained in {training.step} steps on {len(pictures)} pictures, seed {options.seed}'
    models_json.add(options.out, options.model, 'fp32', done, models_json.PEOPLE_ONLY)
    report(file=str(options.out), steps=training.step, seconds_per_step=round(seconds / training.step, 3))


if __name__ == '__main__':
    main()
