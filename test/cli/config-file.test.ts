import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { parseCommandLine } from '../../dist/cli/command-line.js'
import { UsageError } from '../../dist/common/errors.js'
import { configure, graph } from '../../dist/graph.js'

const folder = mkdtempSync(join(tmpdir(), 'cropstream-config-'))
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0
/** The options of a command line with a configuration file of this content. */
function parsed(content: string, ...args: string[]): Record<string, unknown> {
  const path = join(folder, `${files++}.yaml`)
  writeFileSync(path, content)
  const argv = ['node', 'cropstream', 'game.mp4', '--config', path, ...args]
  const request = parseCommandLine(argv, graph.settings)
  if (typeof request === 'number') throw new Error(`exit ${request}`)
  return { ...request.options }
}

test.each([
  ['YAML', 'fps: 2\nmin-height: 30\nreplacement-color: [1, 2, 3]\npitch-filter: false\nearlier:\n'],
  ['JSON', '{"fps": 2, "minHeight": 30, "replacementColor": [1, 2, 3], "pitchFilter": false}'],
])('options come from %s, by the names of the command line or of the library', (_, content) => {
  // Otherwise a team could not store its settings with its videos.
  const config = configure(parsed(content))
  expect(config).toMatchObject({ fps: 2, minHeight: 30, replacementColor: [1, 2, 3], pitchFilter: false })
})

test.each<[string, string[], Record<string, unknown>]>([
  [
    'fps: 2\npitch-filter: true\nseed: 5',
    ['--fps', '4', '--no-pitch-filter'],
    { fps: 4, pitchFilter: false, seed: 5 },
  ],
  [
    'report: true\npitch-filter: false',
    ['--no-report', '--pitch-filter'],
    { report: false, pitchFilter: true },
  ],
  ['lenient: true', ['--strict'], { lenient: false }],
  ['every: 5', ['--fps', '2'], { every: undefined, fps: 2 }],
])('the command line wins over %j', (content, args, expected) => {
  // Otherwise one run could not be tried with another setting.
  expect(configure(parsed(content, ...args))).toMatchObject(expected)
})

test('text on the command line is a number only where the option takes none as text', () => {
  // Otherwise a project that is named by its number would be refused, or a number would stay text.
  const args = ['--billing-project', '123456789', '--run-guid', '2026', '--input-size', '640', '--seed', '7']
  expect(configure(parsed('', ...args, '--classes', '1,2', '--replacement-color', '1, 2,3'))).toMatchObject({
    ...{ billingProject: '123456789', runGuid: '2026', inputSize: 640, seed: 7 },
    ...{ classes: ['1', '2'], replacementColor: [1, 2, 3] },
  })
})

test('a switch may be written as on the command line', () => {
  // Otherwise the name that the help gives would be refused.
  expect(configure(parsed('no-pitch-filter: true'))).toMatchObject({ pitchFilter: false })
})

test.each<[string, string, RegExp]>([
  [
    'an unknown key',
    'min-hight: 30',
    /known option in .*\.yaml but received 'min-hight'; did you mean min-height\?/,
  ],
  ['a key of Object.prototype', 'constructor: 30', /known option in .* but received 'constructor'/],
  ['a list', '- fps', /^Expected an object of options for .*\.yaml but received/],
  ['one key in two forms', 'min-height: 30\nminHeight: 31', /one value for minHeight/],
  ['invalid YAML', 'fps: [1', /^Cannot read the configuration file .*\.yaml: /],
  ['YAML with aliases', 'a: &a [x]\nfps: [*a, *a]', /^Cannot read the configuration file/],
])('%s is refused by name', (_, content, message) => {
  // Otherwise a typo would make a wrong dataset.
  expect(() => parsed(content)).toThrow(message)
  expect(() => parsed(content)).toThrow(UsageError)
})

test('values are checked like those of the command line', () => {
  // Otherwise a wrong type would surface in the middle of a run.
  expect(() => configure(parsed('fps: "two"'))).toThrow("for --fps but received 'two'")
  expect(() => configure(parsed('workers: 0'))).toThrow('for --workers but received 0')
})

test('a missing file is an error', () => {
  // Otherwise the defaults would be used silently.
  const argv = ['node', 'cropstream', 'game.mp4', '--config', join(folder, 'none.yaml')]
  expect(() => parseCommandLine(argv, graph.settings)).toThrow(/configuration file .*none\.yaml: ENOENT/)
})
