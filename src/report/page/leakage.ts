import type { Check } from '../data.js'
import { element, note, section } from './dom.js'
import { plural } from './format.js'

/** Checks for leakage between train and val. Failed ones come first. */
export function leakage(checks: readonly Check[]): HTMLElement {
  const failed = checks.filter(check => !check.ok)
  const inOrder = [...failed, ...checks.filter(check => check.ok)]
  const verdict =
    checks.length === 0
      ? 'Nothing was checked.'
      : failed.length > 0
        ? `${failed.length} of ${plural(checks.length, 'check')} failed.`
        : `${checks.length === 1 ? 'The check' : `All ${checks.length} checks`} passed, computed from the written images.`
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
