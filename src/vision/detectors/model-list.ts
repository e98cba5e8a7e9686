import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { expected, InputError } from '../../common/errors.js'
import { printable } from '../../common/printable.js'

/** A text that is printed and used as the value of a metric label. */
const label = z
  .string()
  .min(1)
  .max(100)
  .refine(text => printable(text) === text, 'no control characters')
const triple = z.tuple([z.number(), z.number(), z.number()])
const share = z.number().min(0).max(1)

/** An entry of `models.json`: what is known of a file, and what its family would get wrong. All but the file is optional. */
const entry = z.object({
  file: z.string(),
  name: label.optional(),
  /** For `--model`: the name of a bundled model. Files of one id differ in their precision. */
  id: label.optional(),
  precision: z.enum(['fp32', 'int8']).optional(),
  sha256: z.string().optional(),
  bytes: z.int().positive().optional(),
  family: z.string().optional(),
  input: z
    .object({
      fit: z.enum(['corner', 'center', 'stretch']),
      rounding: z.enum(['nearest', 'down']),
      pad: z.union([z.number().min(0).max(255), z.literal('mean')]),
      channels: z.enum(['RGB', 'BGR']),
      mean: triple,
      std: triple,
      resampling: z.enum(['bilinear', 'opencv-resize', 'opencv-warp', 'antialiased']),
      multiple: z.int().positive(),
    })
    .partial()
    .optional(),
  /** The position of a name is its class id. */
  classes: z.array(label).optional(),
  defaults: z
    .object({ confidence: share, faint: share, nmsIou: share, inputSize: z.int().positive() })
    .partial()
    .optional(),
  /** What to do for a class that the model does not have. */
  otherClasses: z.string().optional(),
  licences: z.record(z.string(), z.string()).optional(),
  /** Where the weights come from. */
  source: z.unknown().optional(),
  /** Measured accuracy, one sentence. */
  accuracy: z.string().optional(),
})
export type ModelEntry = Readonly<z.infer<typeof entry>>

export const bundledFolder = fileURLToPath(new URL('../../../models', import.meta.url))

/** The models of the package. */
export const bundledModels = (): ModelEntry[] =>
  parse(readFileSync(join(bundledFolder, 'models.json'), 'utf8'), join(bundledFolder, 'models.json'))

/** The entry of a file in the `models.json` beside it; undefined if there is none. @throws InputError when it is malformed. */
export async function listedModel(folder: string, file: string): Promise<ModelEntry | undefined> {
  const list = join(folder, 'models.json')
  let text: string
  try {
    text = await readFile(list, 'utf8')
  } catch {
    return undefined
  }
  return parse(text, list).find(listed => listed.file === file)
}

function parse(text: string, list: string): ModelEntry[] {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new InputError(`Cannot read ${list}: ${cause instanceof Error ? cause.message : cause}`, { cause })
  }
  if (!Array.isArray(json)) throw new InputError(expected('an array of descriptions of models', list, json))
  return json.map((value, i) => {
    const { data, error } = entry.safeParse(value)
    const [issue] = error?.issues ?? []
    if (data === undefined) {
      throw new InputError(`${list}: entry ${i + 1}: ${issue?.path.join('.')}: ${issue?.message}`)
    }
    return data
  })
}
