import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expected, InputError, UsageError } from '../../common/errors.js'
import type { DeviceName } from './device.js'
import { bundledFolder, bundledModels } from './model-list.js'
import { defaultModelId, type QualityName, qualities } from './quality.js'

export interface LocateOptions {
  /** Id of a bundled model, or path of an ONNX file. */
  readonly model?: string | undefined
  /** Of a bundled model. */
  readonly precision?: 'fp32' | 'int8' | undefined
  /** Chooses the precision where none is given. */
  readonly quality?: QualityName | undefined
  /** On a GPU the precision is fp32 where none is given: quantized networks are made for CPUs. */
  readonly device?: DeviceName | 'auto' | undefined
}

/**
 * Path of the file that `--model` names. Of a bundled model in several precisions, the quality chooses one.
 * @throws UsageError for a precision that there is no file of. InputError for a name that is no model.
 */
export function locateModel({
  model = defaultModelId,
  precision,
  quality = 'balanced',
  device = 'cpu',
}: LocateOptions): string {
  const files = bundledModels().filter(({ id }) => id === model)
  if (files.length === 0) {
    if (/^\w+:\/\//.test(model)) throw new InputError(expected('a file on this machine', '--model', model))
    if (!/[./\\]/.test(model) && !existsSync(model)) {
      const ids = [...new Set(bundledModels().map(({ id }) => id))].join(' or ')
      throw new InputError(expected(`a bundled model (${ids}) or the path of an ONNX file`, '--model', model))
    }
    if (precision === undefined) return resolve(model)
    throw new UsageError(`--precision chooses among the files of a bundled model, and ${model} is not one`)
  }
  const usual = device === 'cpu' || device === 'auto' ? qualities[quality].precision : 'fp32'
  const found = files.find(file => file.precision === (precision ?? usual))
  if (found !== undefined) return join(bundledFolder, found.file)
  const [other] = files
  if (other === undefined || precision !== undefined) {
    const known = files.map(file => file.precision).join(' or ')
    throw new UsageError(expected(`${known} for the model ${model}`, '--precision', precision))
  }
  return join(bundledFolder, other.file)
}
