"""Loads, samples and evaluates with fast-reid, whose dataset is the folder itself."""

import collections
import collections.abc
import sys
import types

# fast-reid is from the time of an older torch and an older Python, which had these.
sys.modules["torch._six"] = types.SimpleNamespace(string_classes=(str, bytes))
collections.Mapping = collections.abc.Mapping

import numpy as np
from fastreid.data.common import CommDataset
from fastreid.data.datasets import DATASET_REGISTRY
from fastreid.data.samplers import NaiveIdentitySampler
from fastreid.evaluation.rank import evaluate_rank

from opened import color, report

data = DATASET_REGISTRY.get("Market1501")(root=sys.argv[2])
samples = CommDataset(data.train, relabel=True)
sampler = iter(NaiveIdentitySampler(data.train, 64, 4))
batch = [samples[next(sampler)] for _ in range(64)]
name = lambda path: int(path.rsplit("/", 1)[1][:4])
colors = lambda part: np.array([color(CommDataset([sample])[0]["images"]) for sample in part])
query, gallery = colors(data.query), colors(data.gallery)
distances = ((query[:, None] - gallery[None]) ** 2).sum(axis=2)
ids = [np.array([sample[i] for sample in part]) for i in (1, 2) for part in (data.query, data.gallery)]
cmc, precision, _ = evaluate_rank(distances, *ids)
report(
    counts=[len(data.train), len(data.query), len(data.gallery)],
    identities=[samples.num_classes, len(set(ids[0])), len(set(ids[1]))],
    cameras=samples.num_cameras,
    pictures=[[name(sample["img_paths"]), color(sample["images"])] for sample in batch],
    in_batch=len({sample["targets"] for sample in batch}),
    by_color=[cmc[0], np.mean(precision)],
)
