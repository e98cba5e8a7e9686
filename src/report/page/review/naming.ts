import { withoutUnsafe } from '../../../common/printable.js'
import type { Person, PersonName } from '../../../review/actions.js'
import { element } from '../dom.js'
import type { Progress } from './progress.js'

const fields = { team: 'Team', number: 'Number', role: 'Role' } as const

/** Asks for the team, number and role of a person. */
export function namingDialog(progress: Progress): {
  readonly node: HTMLDialogElement
  open(person: Person): void
} {
  const inputs = Object.entries(fields).map(([key, label]) => {
    const input = element('input', { id: `name-${key}`, maxlength: 100, autocomplete: 'off' })
    return { key, label, input }
  })
  const title = element('h2', { id: 'naming-title' })
  const cancel = element('button', { type: 'button' }, 'Cancel')
  const form = element(
    'form',
    { class: 'naming' },
    ...inputs.map(({ label, input }) =>
      element('div', { class: 'field' }, element('label', { for: input.id }, label), input),
    ),
    element('div', { class: 'commands' }, element('button', { type: 'submit' }, 'Name'), cancel),
  )
  const node = element('dialog', { 'aria-labelledby': title.id }, title, form)
  let person: Person = ''
  cancel.addEventListener('click', () => node.close())
  form.addEventListener('submit', event => {
    event.preventDefault()
    const given = inputs.flatMap(({ key, input }) => {
      const value = withoutUnsafe(input.value).trim()
      return value === '' ? [] : [[key, value]]
    })
    progress.add({ name: person, ...(Object.fromEntries(given) as PersonName) })
    node.close()
  })
  return {
    node,
    open(named) {
      person = named
      title.textContent = `Name of the person in track ${named.replace('@', ' from frame ')}`
      const number = progress.people.numberOf(named)
      const name = number === undefined ? undefined : progress.nameOf(number)
      for (const { key, input } of inputs) input.value = name?.[key as keyof PersonName] ?? ''
      node.showModal()
    },
  }
}
