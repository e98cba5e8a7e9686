import Table from 'cli-table3'
import { medianMilliseconds } from '../common/timing.js'
import { openDetector } from '../vision/detectors/detector.js'
import { families } from '../vision/detectors/families.js'
import { loadModel } from '../vision/detectors/model.js'
import { bundledModels, bundledNetworks, type ModelEntry } from '../vision/detectors/model-list.js'
import { locateModel } from '../vision/detectors/model-path.js'
import { defaultModelId } from '../vision/detectors/quality.js'
import { grayPicture } from './gray-picture.js'

/** What is bundled, measured now on this machine, and the families of other files. */
export async function listModels(): Promise<string> {
  const models = bundledModels()
  return [
    'Bundled models (* is the default), with the time for a 16:9 frame on one thread of this machine:',
    await modelTable(models),
    `AP50, recall and precision at confidence ${models.find(isMeasured)?.accuracy?.confidence ?? 0.4}:`,
    accuracyTable(models.filter(isMeasured)),
    ...bundledNetworks()
      .filter(({ sameAs }) => sameAs === undefined)
      .flatMap(originOf),
    'Families of other files, which --model takes by their path:',
    familyTable(),
    'cropstream models check FILE [VIDEO] says what a file is recognized as. docs/models.md has more.',
  ].join('\n')
}

const nameOf = ({ id, precision, file }: ModelEntry): string => [id ?? file, precision].join(' ')
const isMeasured = ({ accuracy }: ModelEntry): boolean => accuracy !== undefined

async function modelTable(models: readonly ModelEntry[]): Promise<string> {
  const rows = newTable(['model', 'precision', 'family', 'classes', 'sha256', 'MB', 'input', 'ms'], 5)
  const standard = locateModel({})
  for (const { id, precision } of models) {
    const model = await loadModel({ model: id, precision })
    const { inputSize } = model.defaults
    const picture = grayPicture(inputSize)
    const detector = await openDetector(model, { inputSize })
    const ms = await medianMilliseconds(() => detector.detect(picture))
    rows.push([
      `${id}${model.path === standard ? ' *' : ''}`,
      precision ?? '',
      model.family,
      model.classes.length === 1 ? (model.classes[0] ?? '') : model.classes.length,
      model.sha256.slice(0, 12),
      (model.onnx.length / 1e6).toFixed(1),
      inputSize,
      ms.toFixed(0),
    ])
  }
  return rows.toString()
}

function accuracyTable(models: readonly ModelEntry[]): string {
  const sets = new Set(models.flatMap(({ accuracy }) => accuracy?.sets.map(({ set }) => set) ?? []))
  const rows = newTable(['held-out pictures', ...models.map(nameOf)], 1)
  for (const set of sets) {
    const figures = models.map(({ accuracy }) => {
      const row = accuracy?.sets.find(row => row.set === set)
      if (row === undefined) return ''
      const numbers = [row.ap50, row.recall, row.precision].map(share => share.toFixed(3)).join(' ')
      return row.note === undefined ? numbers : `${numbers} †`
    })
    rows.push([set, ...figures])
  }
  const notes = new Set(
    models.flatMap(({ accuracy }) => accuracy?.sets.flatMap(({ note }) => note ?? []) ?? []),
  )
  return [rows.toString(), ...[...notes].map(note => `† ${note}`)].join('\n')
}

function originOf({ id, name, source = {}, licences = {}, attribution = [] }: ModelEntry): string[] {
  const [from, terms] = [source, licences].map(record =>
    Object.entries(record).map(([of, text]) => `${of}: ${text}`),
  )
  return [
    id === undefined
      ? `${name} (removes backgrounds)`
      : `${id}${id === defaultModelId ? ' (the default)' : ''}`,
    ...(from ?? []).map(line => `  from ${line}`),
    ...(terms ?? []).map(line => `  license of the ${line}`),
    ...attribution.map(({ data, licence, url }) => `  trained on ${data}, ${licence}, ${url}`),
  ]
}

function familyTable(): string {
  const rows = newTable(['family', 'expects'])
  for (const { name, expects } of families) rows.push([name, expects])
  return rows.toString()
}

/** @param numbers columns from this one on are numbers. */
const newTable = (head: string[], numbers = head.length) =>
  new Table({
    head,
    colAligns: head.map((_, column) => (column < numbers ? 'left' : 'right')),
    style: { head: [], border: [], compact: true },
  })
