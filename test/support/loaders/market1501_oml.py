"""Loads and evaluates with OpenMetricLearning, which takes a table: this one is made from the names of the files."""

import sys
from pathlib import Path

import pandas
import torch
from oml.const import IS_GALLERY_COLUMN, IS_QUERY_COLUMN, LABELS_COLUMN, PATHS_COLUMN, SEQUENCE_COLUMN, SPLIT_COLUMN
from oml.datasets import ImageLabeledDataset, ImageQueryGalleryLabeledDataset
from oml.metrics import calc_retrieval_metrics_rr
from oml.retrieval import RetrievalResults
from oml.samplers import BalanceSampler
from oml.utils.dataframe_format import check_retrieval_dataframe_format
from torchvision import transforms

from opened import color, report

root = Path(sys.argv[2])
rows = []
for path in sorted(root.glob("*/*.jpg")):
    identity, camera, *_ = path.name.split("_")
    part = path.parent.name
    tested = part != "bounding_box_train"
    rows.append(
        {
            PATHS_COLUMN: str(path),
            LABELS_COLUMN: int(identity),
            SPLIT_COLUMN: "validation" if tested else "train",
            IS_QUERY_COLUMN: part == "query" if tested else None,
            IS_GALLERY_COLUMN: part == "bounding_box_test" if tested else None,
            SEQUENCE_COLUMN: f"{identity}_{camera}",
        }
    )
table = pandas.DataFrame(rows)
check_retrieval_dataframe_format(table, verbose=False)
parts = [table[table[SPLIT_COLUMN] == side].reset_index(drop=True) for side in ("train", "validation")]
to_tensor = transforms.Compose([transforms.ToTensor()])
train = ImageLabeledDataset(parts[0], transform=to_tensor)
test = ImageQueryGalleryLabeledDataset(parts[1], transform=to_tensor)
rgb = lambda sample: color(sample["input_tensors"].permute(1, 2, 0) * 255)
batch = next(iter(BalanceSampler(parts[0][LABELS_COLUMN].tolist(), n_labels=16, n_instances=4)))
samples = [train[i] for i in batch]
embeddings = torch.tensor([rgb(test[i]) for i in range(len(test))], dtype=torch.float)
results = RetrievalResults.from_embeddings(embeddings, test, n_items=5)
metrics = calc_retrieval_metrics_rr(results, map_top_k=(5,), cmc_top_k=(1,), precision_top_k=())
report(
    counts=[len(train), len(test.get_query_ids()), len(test.get_gallery_ids())],
    identities=[parts[0][LABELS_COLUMN].nunique(), parts[1][LABELS_COLUMN].nunique()],
    pictures=[[int(sample["labels"]), rgb(sample)] for sample in samples],
    in_batch=len({int(sample["labels"]) for sample in samples}),
    by_color=[float(metrics["cmc"][1]), float(metrics["map"][5])],
)
