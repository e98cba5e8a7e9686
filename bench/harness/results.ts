import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as Plot from '@observablehq/plot'
import Table from 'cli-table3'
import { parseHTML } from 'linkedom'
import type { Machine } from './machine.js'
import type { Answer, Question, ResultTable } from './question.js'

/** Folder of the results, below the root of the repository. */
const folder = 'bench/results'

/** Writes `NAME.json`, `NAME.md` and, if there is a plot, `NAME.svg`. */
export async function writeResults(
  { name, text }: Question,
  answer: Answer,
  machine: Machine,
  quick: boolean,
): Promise<void> {
  await mkdir(folder, { recursive: true })
  const { plot, ...figures } = answer
  const write = (extension: string, content: string) =>
    writeFile(join(folder, `${name}.${extension}`), content.endsWith('\n') ? content : `${content}\n`)
  const measuredAt = new Date().toISOString()
  await write(
    'json',
    JSON.stringify({ name, question: text, quick, measuredAt, machine, ...figures }, null, 2),
  )
  await write('md', markdown(name, text, answer, machine, quick, measuredAt))
  if (plot !== undefined) await write('svg', svg(plot))
}

/** Formats an answer for a terminal. */
export function formatAnswer({ tables, bars, notes }: Answer): string {
  const parts = [...tables, ...(bars.length > 0 ? [barsTable(bars)] : [])].map(({ title, columns, rows }) => {
    const table = new Table({
      head: [...columns],
      colAligns: columns.map((_, i) => (rows.every(row => isNumber(row[i])) ? 'right' : 'left')),
      style: { head: [], border: [], compact: true },
    })
    for (const row of rows) table.push([...row])
    return `${title}\n${table.toString()}`
  })
  return [...parts, ...notes].join('\n')
}

const barsTable = (bars: Answer['bars']): ResultTable => ({
  title: 'bars',
  columns: ['what', 'wanted', 'measured', ''],
  rows: bars.map(({ what, wanted, measured, met }) => [what, wanted, measured, met ? 'met' : 'NOT MET']),
})

const isNumber = (cell: string | number | undefined): boolean =>
  typeof cell === 'number' || /^[-\d.]+( ?[%×])?$/.test(cell ?? '')

function markdown(
  name: string,
  question: string,
  { tables, bars, notes, plot }: Answer,
  machine: Machine,
  quick: boolean,
  measuredAt: string,
): string {
  const { cpu, cores, memoryGigabytes, system, node, cropstream, commit } = machine
  const all = bars.length > 0 ? [barsTable(bars), ...tables] : tables
  return [
    `# ${name}\n\n${question}`,
    ...(quick ? ['Measured with `--quick`: smaller inputs and one round, so less precise.'] : []),
    ...all.map(({ title, columns, rows }) =>
      [`## ${title}\n`, row(columns), row(columns.map(() => '---')), ...rows.map(row)].join('\n'),
    ),
    ...(plot === undefined ? [] : [`![${name}](${name}.svg)`]),
    ...(notes.length === 0 ? [] : [notes.map(note => `- ${note}`).join('\n')]),
    `cropstream ${cropstream} (${commit}), Node ${node}, ${cores} cores of ${cpu}, ${memoryGigabytes} GB, ${system}; ${measuredAt}`,
  ].join('\n\n')
}

const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`

/** Renders a plot as an SVG file. */
function svg(options: Plot.PlotOptions): string {
  const { document } = parseHTML('<html></html>')
  const plot = Plot.plot({ ...options, document, style: { background: 'white', color: '#222' } })
  plot.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  return plot.outerHTML
}
