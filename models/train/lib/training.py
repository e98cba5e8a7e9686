"""The training loop: AdamW from the weights of a file, with ties to the base model against forgetting."""

import copy
import json
import math
import time
from collections import defaultdict
from dataclasses import dataclass

import torch

from . import head
from .decode import PERSON
from .evaluation import evaluate
from .loss import detection_loss
from .network import Network, write

SAVE_SECONDS = 60
REPORT_STEPS = 50


@dataclass(frozen=True)
class Settings:
    """steps, minutes: the end, whichever comes first; the learning rate follows it. views: (height, width, batch),
    in turn. pull: decay towards the first weights. average: decay of the moving average, which is what is written."""

    steps: int
    minutes: float
    rate: float
    warm_up: int
    views: tuple
    pull: float
    average: float
    clip: float


class Training:
    def __init__(self, source, base, sampler, settings, device):
        self.source, self.sampler, self.settings, self.device = source, sampler, settings, device
        self.network = self._network(source)
        self.base = self._network(base).eval().requires_grad_(False)
        self.average = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.weights = list(self.network.parameters())
        self.first = [weight.detach().clone() for weight in self.weights]
        self.optimizer = torch.optim.AdamW(self.weights, settings.rate, weight_decay=0.0)
        self.grids = {}
        self.step = 0

    def _network(self, path):
        return Network(path).to(self.device, memory_format=torch.channels_last)

    def run(self, out):
        """Trains to the end and writes the moving average to `out`, now and then and at last."""
        begun = saved = time.monotonic()
        sums = defaultdict(float)
        while (done := self._done(begun)) < 1:
            for name, value in self._train(done).items():
                sums[name] += value
            if self.step % REPORT_STEPS == 0 or self.step in (1, 10):
                count = REPORT_STEPS if self.step % REPORT_STEPS == 0 else self.step
                means = {name: round(float(value) / count, 4) for name, value in sums.items()}
                report(step=self.step, seconds=round(time.monotonic() - begun, 1), **means)
                sums.clear()
            if time.monotonic() - saved > SAVE_SECONDS:
                self.save(out)
                saved = time.monotonic()
        self.save(out)
        return time.monotonic() - begun

    def _done(self, begun):
        """Share of the training that is done."""
        return max(self.step / self.settings.steps, (time.monotonic() - begun) / (60 * self.settings.minutes))

    def _train(self, done):
        height, width, batch = self.settings.views[self.step % len(self.settings.views)]
        grid = self._grid(height, width)
        rate = self._rate(done)
        for group in self.optimizer.param_groups:
            group['lr'] = rate
        views = self.sampler.sample(batch, height, width)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == 'cuda'):
            with torch.no_grad():
                base = self.base(views.image)
            outputs = self.network(views.image)
        losses = detection_loss(outputs, base, grid, views)
        self.optimizer.zero_grad(set_to_none=True)
        sum(losses.values()).backward()
        torch.nn.utils.clip_grad_norm_(self.weights, self.settings.clip)
        self.optimizer.step()
        self.step += 1
        with torch.no_grad():
            torch._foreach_lerp_(self.weights, self.first, rate * self.settings.pull)
            recent = 1 - min(self.settings.average, (1 + self.step) / (10 + self.step))
            torch._foreach_lerp_(list(self.average.parameters()), self.weights, recent)
        return {name: loss.detach() for name, loss in losses.items()}

    def _rate(self, done):
        warm = min(1.0, (self.step + 1) / self.settings.warm_up)
        return self.settings.rate * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))

    def _grid(self, height, width):
        if (height, width) not in self.grids:
            self.grids[height, width] = head.anchors(height, width, self.device)
        return self.grids[height, width]

    def save(self, out):
        write(self.source, dict(self.average.named_parameters()), self.average.initializers, out)

    @torch.no_grad()
    def evaluate(self, pictures, input_size, threshold=0.4):
        """Prints the figures of the moving average, by source."""

        def run(planes):
            logits, bins = self.average(torch.from_numpy(planes)[None].to(self.device))
            return logits[0, :, PERSON].sigmoid().cpu().numpy(), bins[0].T.cpu().numpy()

        for source, row in evaluate(run, pictures, input_size).items():
            report(step=self.step, source=source, **row.figures(threshold))


def report(**values):
    print(json.dumps(values), flush=True)
