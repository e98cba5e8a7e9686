"""Loads, trains for one epoch and evaluates with torchreid as it is."""

import sys

import numpy as np
import torch
import torchreid

from opened import color, load, report

data = load()["data"]
train = data.train_loader.dataset
pictures = [[int(path.rsplit("/", 1)[1][:4]), color(torchreid.utils.read_image(path))] for path, *_ in train.train[::97]]

torch.manual_seed(0)
small = torchreid.data.ImageDataManager(
    root=sys.argv[2], sources="market1501", targets="market1501", height=64, width=32, workers=0, use_gpu=False
)
model = torchreid.models.build_model("osnet_x0_25", num_classes=small.num_train_pids, pretrained=False)
optimizer = torchreid.optim.build_optimizer(model, optim="adam", lr=0.003)
scheduler = torchreid.optim.build_lr_scheduler(optimizer)
engine = torchreid.engine.ImageSoftmaxEngine(small, model, optimizer, scheduler=scheduler, use_gpu=False)
before = [weights.detach().clone() for weights in model.parameters()]
engine.run(save_dir=sys.argv[3], max_epoch=1, print_freq=10)
changed = sum(not torch.equal(*pair) for pair in zip(before, model.parameters()))
# The evaluation with colors instead of what the network makes of them: it has to find everyone.
colors = lambda samples: torch.tensor([color(torchreid.utils.read_image(path)) for path, *_ in samples], dtype=torch.float)
parts = [(colors(part), *(np.array([sample[i] for sample in part]) for i in (1, 2))) for part in (train.query, train.gallery)]
(query, query_ids, query_cameras), (gallery, ids, cameras) = parts
distances = torchreid.metrics.compute_distance_matrix(query, gallery).numpy()
cmc, mean_precision = torchreid.metrics.evaluate_rank(
    distances, query_ids, ids, query_cameras, cameras, use_metric_cuhk03=False, use_cython=False
)
report(
    counts=[len(train.train), len(train.query), len(train.gallery)],
    identities=[train.num_train_pids, len(set(query_ids)), len(set(ids))],
    pictures=pictures,
    changed=changed,
    by_color=[cmc[0], mean_precision],
)
