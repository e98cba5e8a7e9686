import { join } from 'node:path'
import { readListed } from '../detectors/model.js'
import type { ModelBytes } from '../detectors/model-file.js'
import { bundledFolder, type ModelEntry } from '../detectors/model-list.js'

/** The network that finds the pixels of a person. */
export interface PersonModel extends ModelBytes {
  readonly name: string
  readonly sha256: string
  readonly listed: ModelEntry
}

const file = 'person.onnx'

/** Loads the bundled network. @throws InputError when it is missing or corrupt. */
export async function loadPersonModel(): Promise<PersonModel> {
  const { entry, onnx, external, sha256 } = await readListed(join(bundledFolder, file))
  const listed = entry ?? { file }
  return { name: listed.name ?? file, sha256, listed, onnx, external }
}
