import type { ReportData } from '../data.js'
import { element, facts, note, section } from './dom.js'

/** The model that found the players, with its licenses and the attribution of its training data. */
export function model({ name, sha256, licences, attribution }: ReportData['run']['model']): HTMLElement {
  return section(
    'model',
    'Model and licenses',
    facts([
      ['Model', name],
      ['SHA-256 of the model', element('code', {}, sha256)],
      ...licences.map(({ of, licence }) => [`License (${of})`, licence] as const),
    ]),
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
  )
}
