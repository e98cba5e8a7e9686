import { printable } from '../../common/printable.js'
import type { Preprocessing } from './family.js'

/** What the exporters of Ultralytics write into `metadata_props`, as Python literals. */
export interface UltralyticsMetadata {
  /** By class id; undefined when there are none. */
  readonly names: readonly string[] | undefined
  readonly task: string
  /** Sides of the input must be multiples of it. */
  readonly stride: number
  /** Long side of the pictures in training. */
  readonly inputSize: number
  /** What is not used. */
  readonly notes: readonly string[]
}

/** What is said about the tasks that give more than boxes. */
export const unused = {
  segment: 'Only the boxes of this segmentation model are used, not its masks',
  pose: 'Only the boxes of this pose model are used, not its key points',
  obb: 'Oriented boxes are used as the upright boxes around them',
} as const
const isTask = (task: string): task is keyof typeof unused => Object.hasOwn(unused, task)

/** Undefined for a file of another task, such as classification, and for a transformer. */
export function ultralyticsMetadata(
  metadata: Readonly<Record<string, string>>,
): UltralyticsMetadata | undefined {
  const { task = 'detect', head, names = '', stride = '', imgsz = '' } = metadata
  if ((task !== 'detect' && !isTask(task)) || head === 'RTDETRDecoder') return undefined
  return {
    names: parseNames(names),
    task,
    stride: numbers(stride).find(value => value >= 8 && value <= 256) ?? 32,
    inputSize: Math.max(0, ...numbers(imgsz).filter(value => value <= 8192)) || 640,
    notes: isTask(task) ? [unused[task]] : [],
  }
}

/** LetterBox of Ultralytics. */
export const letterbox = (stride: number): Preprocessing => ({
  ...{ fit: 'center', pad: 114, channels: 'RGB', resampling: 'opencv-resize', multiple: stride },
  ...{ mean: [0, 0, 0], std: [255, 255, 255] },
})

const numbers = (text: string): number[] => [...text.slice(0, 100).matchAll(/\d+/g)].map(Number)

/** Longer texts are no names of classes. */
const maxText = 2 ** 18
/** `3: 'name'` of a dict or `'name'` of a list, in either kind of quotes. Sticky, so that its time is linear. */
const pair = /[\s{[(,]*(?:(\d{1,6})\s*:\s*)?(?:'([^'\\]*(?:\\.[^'\\]*)*)'|"([^"\\]*(?:\\.[^"\\]*)*)")/gsy
const end = /^[\s,})\]]*$/

/** Names by class id, from `{0: 'player', 1: 'ball'}` or `['player', 'ball']`; undefined for another text. */
export function parseNames(text: string): string[] | undefined {
  if (text.length > maxText) return undefined
  const names: string[] = []
  let at = 0
  for (const [found, id, single, double = ''] of text.matchAll(pair)) {
    if (id !== undefined && Number(id) !== names.length) return undefined
    const name = printable((single ?? double).replace(/\\(['"\\])/g, '$1').trim()).slice(0, 100)
    names.push(name === '' ? `class ${names.length}` : name)
    at += found.length
  }
  return names.length > 0 && end.test(text.slice(at)) ? names : undefined
}
