"""Checks manifests against the schemas of the programs that read them: check.py KIND FILE.

The schemas come with Python packages, so nothing is fetched. Ends with an error for a field that is unknown, missing or
of the wrong type.
"""

import json
import subprocess
import sys
from pathlib import Path

import yaml

kubernetes_version = "1.34"


def kubernetes(path):
    from kubernetes_validate import validate

    for resource in yaml.safe_load_all(path.read_text()):
        validate(resource, kubernetes_version, strict=True)


def keda(path):
    from cloudcoil.models.keda.v1alpha1 import ScaledObject

    given = yaml.safe_load(path.read_text())
    read = ScaledObject(**given).model_dump(mode="json", by_alias=True, exclude_unset=True)
    # What it does not know, it leaves out.
    if read != given:
        raise ValueError(f"read as {read}")


def google(api, path):
    """Job of an API of Google, as its discovery document describes it: nearly JSON Schema."""
    import googleapiclient
    import jsonschema

    folder = Path(googleapiclient.__file__).parent / "discovery_cache/documents"
    schemas = json.loads((folder / f"{api}.json").read_text())["schemas"]

    def converted(schema):
        if "$ref" in schema:
            return {"$ref": f"#/$defs/{schema['$ref']}"}
        kept = {key: schema[key] for key in ("type", "enum") if key in schema and schema[key] != "any"}
        # In JSON a number of 64 bits is a string, and may be a number.
        if schema.get("format") in ("int64", "uint64"):
            kept["type"] = ["string", "integer"]
        if "items" in schema:
            kept["items"] = converted(schema["items"])
        if "properties" in schema:
            kept["properties"] = {name: converted(value) for name, value in schema["properties"].items()}
            kept["additionalProperties"] = False
        if "additionalProperties" in schema:
            kept["additionalProperties"] = converted(schema["additionalProperties"])
        return kept

    definitions = {name: converted(schema) for name, schema in schemas.items()}
    jsonschema.validate(yaml.safe_load(path.read_text()), {"$ref": "#/$defs/Job", "$defs": definitions})


def program(*command):
    answer = subprocess.run(command, capture_output=True, text=True)
    if answer.returncode != 0:
        raise ValueError(answer.stdout + answer.stderr)


kinds = {
    "kubernetes": kubernetes,
    "keda": keda,
    "batch": lambda path: google("batch.v1", path),
    "cloud-run": lambda path: google("run.v1", path),
    "compose": lambda path: program(
        sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)
    ),
    "shell": lambda path: program(str(Path(sys.prefix) / "bin/shellcheck"), str(path)),
}

kind, file = sys.argv[1:]
kinds[kind](Path(file))
