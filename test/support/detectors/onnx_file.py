"""Removes what differs from run to run from an ONNX file, and what only a reader of the export needs."""

from pathlib import Path

import onnx


def plain_file(path: Path) -> None:
    model = onnx.load(str(path))
    model.doc_string = ""
    model.graph.doc_string = ""
    for node in model.graph.node:
        node.doc_string = ""
        node.ClearField("metadata_props")
    for value in [*model.graph.input, *model.graph.output, *model.graph.value_info]:
        value.doc_string = ""
        value.ClearField("metadata_props")
    del model.graph.value_info[:]
    for entry in model.metadata_props:
        if entry.key == "date":
            entry.value = "2026-01-01T00:00:00+00:00"
    onnx.save(model, str(path))
