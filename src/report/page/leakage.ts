import type { Check } from '../data.js'
import { element, note, section } from './dom.js'
import { plural } from './format.js'

/** Whether anything of the validation side can be learned from the training side. What failed comes first. */
export function leakage(checks: readonly Check[]): HTMLElement {
  const failed = checks.filter(check => !check.ok)
  const inOrder = [...failed, ...checks.filter(check => check.ok)]
  const verdict =
    checks.length === 0
      ? 'Nothing was checked.'
      : failed.length > 0
        ? `${failed.length} of ${plural(checks.length, 'check')} failed.`
        : `${checks.length === 1 ? 'The check' : `All ${checks.length} checks`} passed, each looked up in what was written.`
  return section(
    'leakage',
    'Leakage audit',
    note(verdict),
    element(
      'ul',
      { class: 'checks' },
      ...inOrder.map(({ name, ok, detail }) =>
        element(
          'li',
          { class: ok ? 'ok' : 'failed' },
          element('span', { class: 'badge' }, ok ? '✓ ok' : '✗ failed'),
          element('div', {}, element('strong', {}, name), element('p', {}, detail)),
        ),
      ),
    ),
  )
}
