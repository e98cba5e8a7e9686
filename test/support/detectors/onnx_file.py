"""Removes what differs from run to run from an ONNX file, and what only a reader of the export needs."""

from pathlib import Path

import onnx


def plain_file(path: Path, short: bool) -> None:
    """Fixes the date of the metadata. `short` renames what is inside the graph, which halves small files."""
    model = onnx.load(str(path))
    model.doc_string = ""
    for entry in model.metadata_props:
        if entry.key == "date":
            entry.value = "2026-01-01T00:00:00+00:00"
    kept = {value.name for value in [*model.graph.input, *model.graph.output]}
    names = {name: name for name in ["", *kept]}
    strip(model.graph, names, short)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def strip(graph: onnx.GraphProto, names: dict[str, str], short: bool) -> None:
    """Renames by one table, so that graphs within the graph go on to see the values around them."""

    def rename(values) -> None:
        for value in values:
            if short:
                value.name = names.setdefault(value.name, f"v{len(names)}")

    graph.doc_string = ""
    del graph.value_info[:]
    rename([*graph.input, *graph.output, *graph.initializer])
    for node in graph.node:
        node.doc_string = ""
        node.ClearField("metadata_props")
        if short:
            node.ClearField("name")
            node.input[:] = [names.setdefault(name, f"v{len(names)}") for name in node.input]
            node.output[:] = [names.setdefault(name, f"v{len(names)}") for name in node.output]
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                strip(attribute.g, names, short)
