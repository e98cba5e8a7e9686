"""The entry of a model in the models.json beside it, without which the graph does not run the file."""

import hashlib
import json
from pathlib import Path

LIST = 'models.json'
# What a model has from the one that it was made of. Everything else, such as measured accuracy, is that one's own.
INHERITED = ('licences', 'licenses', 'attribution', 'family', 'defaults', 'input', 'outputs', 'classes')


def entry_of(model):
    """The entry of a model, or an error."""
    model = Path(model)
    for entry in read(model.parent / LIST):
        if entry['file'] == model.name:
            return entry
    raise SystemExit(f'{model.parent / LIST} has no entry for {model.name}: the base must have one')


def add(model, base, how):
    """Adds the entry of the new file `model`, made of the file `base`. how: what was done, for people to read."""
    model, origin = Path(model), entry_of(base)
    content = model.read_bytes()
    entry = {
        'name': model.stem,
        'file': model.name,
        'made_from': {'name': origin['name'], 'file': origin['file'], 'sha256': origin['sha256']} | how,
        'sha256': hashlib.sha256(content).hexdigest(),
        'bytes': len(content),
    } | {key: origin[key] for key in INHERITED if key in origin}
    path = model.parent / LIST
    others = [other for other in read(path) if other['file'] != model.name]
    path.write_text(json.dumps([*others, entry], indent=2) + '\n')


def read(path):
    return json.loads(path.read_text()) if path.exists() else []
