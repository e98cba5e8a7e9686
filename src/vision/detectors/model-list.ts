import { readFileSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { expected, InputError } from '../../common/errors.js'
import { label } from '../../common/label.js'
import { printable } from '../../common/printable.js'
import { families } from './families.js'

const triple = z.tuple([z.number(), z.number(), z.number()])
const positive = z.number().positive()
const share = z.number().min(0).max(1)
/** A sentence for people. */
const sentence = z
  .string()
  .max(500)
  .refine(text => printable(text) === text, 'no control characters')
const address = sentence.pipe(z.url({ protocol: /^https$/ }))

/** Accuracy on held-out pictures at one input size, by set; recall and precision at one confidence. */
const accuracy = z.object({
  inputSize: z.int().positive(),
  confidence: share,
  sets: z
    .array(
      z.object({
        set: sentence,
        boxes: z.int().positive(),
        ap50: share,
        recall: share,
        precision: share,
        /** What else of the measurement one should know. */
        note: sentence.optional(),
      }),
    )
    .max(100),
})

/** An entry of `models.json`: what is known of a file, and what its family would get wrong. All but the file is optional. */
const entry = z.object({
  file: z.string().min(1).max(255),
  /** Another file, whose entry has what this one leaves out and what `shared` lists. */
  sameAs: z.string().optional(),
  name: label.optional(),
  /** For `--model`: the name of a bundled model. Files of one id differ in their precision. */
  id: label.optional(),
  precision: z.enum(['fp32', 'int8']).optional(),
  /** Of a network that is no detector. */
  task: z.literal('segmentation').optional(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits in lower case')
    .optional(),
  bytes: z.int().positive().optional(),
  family: z.enum(families.map(({ name }) => name)).optional(),
  input: z
    .object({
      fit: z.enum(['corner', 'center', 'stretch', 'none']),
      rounding: z.enum(['nearest', 'down']),
      pad: z.union([z.number().min(0).max(255), z.literal('mean')]),
      channels: z.enum(['RGB', 'BGR']),
      mean: triple,
      std: z.tuple([positive, positive, positive]),
      resampling: z.enum(['bilinear', 'unfiltered', 'opencv-resize', 'opencv-warp', 'antialiased']),
      multiple: z.int().min(1).max(256),
    })
    .partial()
    .optional(),
  /** The position of a name is its class id. */
  classes: z.array(label).min(1).max(100_000).optional(),
  defaults: z
    .object({ confidence: share, faint: share, nmsIou: share, inputSize: z.int().min(1).max(4096) })
    .partial()
    .optional(),
  /** What to do for a class that the model does not have. */
  otherClasses: sentence.optional(),
  /** Where the weights come from, by kind: the recipe, the package, its version. */
  source: z.record(label, sentence).optional(),
  /** By what they are of: the model, its training data, the conversion. */
  licences: z.record(label, sentence).optional(),
  /** Data that the weights were trained on. */
  attribution: z
    .array(z.object({ data: sentence, licence: label, url: address, from: sentence.optional() }))
    .max(1000)
    .optional(),
  accuracy: accuracy.optional(),
})
export type ModelEntry = Readonly<z.infer<typeof entry>>

/** What files of the same network in other precisions have in common. */
const shared = [
  ...(['id', 'family', 'input', 'classes', 'defaults', 'otherClasses'] as const),
  ...(['source', 'licences', 'attribution'] as const),
]

export const bundledFolder = fileURLToPath(new URL('../../../models', import.meta.url))

const maxListBytes = 2 ** 20

/** The networks of the package. */
export const bundledNetworks = (): ModelEntry[] =>
  parse(readFileSync(join(bundledFolder, 'models.json'), 'utf8'), join(bundledFolder, 'models.json'))

/** Those of them that `--model` can name: the detectors. */
export const bundledModels = (): ModelEntry[] => bundledNetworks().filter(({ task }) => task === undefined)

/** The entry of a file in the `models.json` beside it; undefined if there is none. @throws InputError when it is malformed. */
export async function listedModel(folder: string, file: string): Promise<ModelEntry | undefined> {
  const list = join(folder, 'models.json')
  let text: string
  try {
    const found = await stat(list)
    // To open a pipe would wait for its writer.
    if (!found.isFile() || found.size > maxListBytes) {
      throw new InputError(expected(`a file of at most ${maxListBytes} bytes`, list, found.size))
    }
    text = await readFile(list, 'utf8')
  } catch (cause) {
    if (cause instanceof InputError) throw cause
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw new InputError(`Cannot read ${list}: ${cause instanceof Error ? cause.message : cause}`, { cause })
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
  const entries = json.map((value, i) => {
    const { data, error } = entry.safeParse(value)
    if (data !== undefined) return data
    const [issue] = error.issues
    const name = typeof value?.file === 'string' ? value.file : `entry ${i + 1}`
    throw new InputError(`${list}: ${name}: ${issue?.path.join('.')}: ${issue?.message}`)
  })
  return entries.map(one => {
    const { sameAs } = one
    if (sameAs === undefined) return one
    const other = entries.find(({ file }) => file === sameAs)
    if (other === undefined) throw new InputError(expected('a file of the list', `sameAs in ${list}`, sameAs))
    return { ...Object.fromEntries(shared.map(key => [key, other[key]])), ...one }
  })
}
