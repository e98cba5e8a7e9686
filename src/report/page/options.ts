import type { ReportData } from '../data.js'
import { element, facts, note, section } from './dom.js'
import { plural } from './format.js'

type Option = ReportData['options'][number]

/** Options that differ from the defaults come first: they are needed to repeat the run. */
export function options({ options: all }: Pick<ReportData, 'options'>): HTMLElement {
  const changed = all.filter(option => option.changed)
  const unchanged = all.filter(option => !option.changed)
  return section(
    'options',
    'Options',
    note(changed.length > 0 ? 'Changed from the defaults:' : 'All options have their defaults.'),
    changed.length > 0 && list(changed, 'changed'),
    unchanged.length > 0 &&
      element(
        'details',
        {},
        element('summary', {}, `${plural(unchanged.length, 'option')} at the default`),
        list(unchanged, 'unchanged'),
      ),
  )
}

function list(all: readonly Option[], kind: 'changed' | 'unchanged'): HTMLElement {
  const rows = facts(all.map(({ flag, value }) => [flag, element('code', {}, value || 'not given')] as const))
  rows.classList.add('options', kind)
  return rows
}
