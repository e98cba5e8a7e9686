import type { ModelReport, ReportData } from '../data.js'
import { element, facts, note, section } from './dom.js'

/** The model that found the players, with its licenses and the attribution of its training data; then that of backgrounds. */
export function model({ model, person }: Pick<ReportData['run'], 'model' | 'person'>): HTMLElement {
  const { licences, attribution } = model
  return section(
    'model',
    'Model and licenses',
    factsOf('Model', model),
    licences.length === 0 && note('The license of this model is not known to cropstream.'),
    attribution.length > 0 &&
      element(
        'details',
        {},
        element('summary', {}, 'Attribution of the pictures that it was trained on'),
        element(
          'ul',
          {},
          ...attribution.map(({ data, licence, url }) =>
            element('li', {}, `${data}, ${licence}: `, element('a', { href: url, rel: 'noreferrer' }, url)),
          ),
        ),
      ),
    person !== undefined && factsOf('Network of background removal', person),
  )
}

const factsOf = (title: string, { name, sha256, licences }: ModelReport) =>
  facts([
    [title, name],
    ['SHA-256', element('code', {}, sha256)],
    ...licences.map(({ of, licence }) => [`License (${of})`, licence] as const),
  ])
