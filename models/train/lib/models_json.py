"""The entry of a model in the models.json beside it: its origin, licenses, classes and defaults."""

import hashlib
import json
from pathlib import Path

LIST = 'models.json'
# What a model has from the one that it was made of.
INHERITED = ('family', 'licences', 'attribution', 'input', 'classes', 'otherClasses', 'defaults')
# What changes where only people were trained.
PEOPLE_ONLY = {'classes': ['person'], 'otherClasses': '--model nanodet knows the classes of COCO'}


def entry_of(model):
    """The entry of a model, with what it shares with another file, or an error."""
    model = Path(model)
    entries = {entry['file']: entry for entry in read(model.parent / LIST)}
    if model.name not in entries:
        raise SystemExit(f'{model.parent / LIST} has no entry for {model.name}')
    entry = entries[model.name]
    return entries.get(entry.get('sameAs'), {}) | entry


def add(model, base, precision, done, changes=None):
    """Adds the entry of the file `model`, made of the file `base`. done: how, for people to read."""
    model, origin = Path(model), entry_of(base)
    content = model.read_bytes()
    entry = {
        'name': model.stem,
        'file': model.name,
        'precision': precision,
        'source': {'recipe': f'models/train, {done}', 'base': f'{Path(base).name}, SHA-256 {origin["sha256"]}'},
        'sha256': hashlib.sha256(content).hexdigest(),
        'bytes': len(content),
    }
    entry |= {key: origin[key] for key in INHERITED if key in origin} | (changes or {})
    path = model.parent / LIST
    others = [other for other in read(path) if other['file'] != model.name]
    path.write_text(json.dumps([*others, entry], indent=2) + '\n')


def read(path):
    return json.loads(path.read_text()) if path.exists() else []
