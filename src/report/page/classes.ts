import type { ReportData } from '../data.js'
import { bars } from './bars.js'
import { note, section } from './dom.js'

/** Images by class, for a model that tells several apart. */
export function classes({ classes: all }: Pick<ReportData, 'classes'>): HTMLElement {
  const rows = all.map(({ name, images }) => ({ label: name ?? 'unknown class', count: images }))
  return section(
    'classes',
    'Classes',
    note(
      'The number of images of each class that the model saw, variants included. The class is that of one detection: within a track it may change. The bars have a square-root scale.',
    ),
    bars('classes', 'Images by class', rows, 'var(--train)').figure,
  )
}
