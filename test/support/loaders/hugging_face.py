"""Loads with datasets, whole and streaming, and trains for one epoch."""

import sys

import datasets
import torch
from torchvision.transforms.functional import to_tensor

from opened import color, learns, load, report

data = load()["data"]
root, classes, kind = sys.argv[2], int(sys.argv[3]), sys.argv[4]
streams = (
    datasets.load_dataset(root, streaming=True)
    if kind == "hf-parquet"
    else datasets.load_dataset("imagefolder", data_dir=root, streaming=True)
)
streamed = {name: list(stream) for name, stream in streams.items()}
collate = lambda rows: (
    torch.stack([to_tensor(row["image"]) for row in rows]),
    torch.tensor([row["identity"] - 1 for row in rows]),
)
loader = torch.utils.data.DataLoader(data["train"], 32, shuffle=True, collate_fn=collate)
report(
    counts={name: len(split) for name, split in data.items()},
    identities={name: len(set(split["identity"])) for name, split in data.items()},
    streamed={name: len(rows) for name, rows in streamed.items()},
    pictures=[
        [row["identity"], color(row["image"])] for rows in (data["train"], streamed["validation"]) for row in list(rows)[::97]
    ],
    row={name: value for name, value in data["train"][0].items() if name != "image"},
    types=[str(getattr(data["train"].features[name], "dtype", None)) for name in ("identity", "pts_ms", "confidence")],
    losses=learns(loader, classes),
)
