import { Command, CommanderError, Option } from 'commander'
import { exitCode } from '../common/errors.js'
import { version } from '../common/version.js'
import { flagFor, flagOf, settingsOf } from '../settings/configure.js'
import { valueFromText } from '../settings/from-text.js'
import type { Setting, SettingGroup, Settings } from '../settings/setting.js'
import { overriding } from '../sources/settings.js'
import { lineOf } from './command.js'
import { readConfigFile } from './config-file.js'

const essentialHeading = 'Most used:'

/** The parsed command line: a video and the given options, still unchecked. */
export interface Request {
  readonly video: string
  readonly options: Readonly<Record<string, unknown>>
}

/**
 * Parses the command line and its configuration file; the command line wins. Prints help, version or a usage error
 * itself, and then returns the exit code.
 * @throws UsageError when the configuration file is invalid.
 */
export function parseCommandLine(argv: readonly string[], groups: readonly SettingGroup[]): Request | number {
  const program = new Command('cropstream')
    .description('Turns the video of a game into a re-identification training dataset.')
    .argument('<video>', 'video file, or gs://bucket/path')
    .exitOverride()
    .showHelpAfterError('(--help lists the options)')
    .configureOutput({ outputError: (text, write) => write(`${lineOf(text)}\n`) })
    .helpOption('-h, --help', 'show this help')
    .version(version, '-V, --version', 'show the version')
  addSettings(program, groups)
  program.addHelpText(
    'after',
    '\nOther commands:\n  batch <list>                    make the datasets of many videos\n  submit <list>, work             the same with a queue and any number of machines\n  status, retry, pause, resume, drain   look at a queue, and steer it\n  merge <batch>                   make one index of the datasets of a batch, and sum it up\n  models [check <file> [video]]   list the bundled models, or say what a file is recognized as\n  export <runs...>                write datasets in the format of a training or labeling program\n  review <run>                    open the report of a run to say who is who\n                                  (videos of these names are ./batch, ./models and so on)\n\nExit codes: 0 done, 2 usage, 3 bad input, 4 output, 5 internal, 6 busy, 7 out of memory, 130 interrupted.',
  )
  try {
    program.parse(argv)
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage
    throw error
  }
  return { video: program.args[0]!, options: givenOptions(program, groups) } // commander requires the argument
}

/**
 * Adds an option for each setting, and `--config`.
 * @param hidden keys that the help leaves out: the command says itself why it refuses them.
 */
export function addSettings(
  program: Command,
  groups: readonly SettingGroup[],
  hidden: ReadonlySet<string> = new Set(),
): void {
  program.addOption(
    new Option('--config <file>', 'read options from a YAML or JSON file; the command line wins').helpGroup(
      essentialHeading,
    ),
  )
  const settings: Settings = settingsOf(groups)
  for (const { key, heading } of listedSettings(groups)) {
    const setting = settings[key]
    if (setting === undefined) continue
    program.addOption(optionOf(key, setting).helpGroup(heading).hideHelp(hidden.has(key)))
    // Both ways exist for each switch, to win over a configuration file; the help shows the one that changes something.
    if (typeof setting.default === 'boolean')
      program.addOption(new Option(flagFor(key, setting.default)).hideHelp())
    if (key === 'lenient') {
      const strict = new Option('--strict', 'fail on a damaged or truncated video (default)')
      program.addOption(strict.conflicts('lenient').helpGroup(heading))
    }
  }
}

/**
 * The given options of a command line that was parsed, with those of its configuration file.
 * @throws UsageError when the configuration file is invalid.
 */
export function givenOptions(program: Command, groups: readonly SettingGroup[]): Record<string, unknown> {
  const given = Object.entries(program.opts<Record<string, unknown>>()).filter(
    ([key]) => program.getOptionValueSource(key) === 'cli',
  )
  const { strict, config, ...options } = Object.fromEntries(given)
  if (strict === true) options.lenient = false
  const fromFile = typeof config === 'string' ? readConfigFile(config, settingsOf(groups)) : {}
  return overriding(fromFile, options)
}

/** Adds an option for each setting of a group, under its heading. Groups may share a setting: the first one has it. */
export function addGroup(program: Command, { title, settings }: SettingGroup): void {
  for (const [key, setting] of Object.entries(settings)) {
    if (program.options.some(option => option.attributeName() === key)) continue
    program.addOption(optionOf(key, setting).helpGroup(headingOf(title)))
  }
}

const headingOf = (title: string): string => `${title.charAt(0).toUpperCase()}${title.slice(1)}:`

/** Keys and headings of all settings: the essential ones first, then group by group. */
export function listedSettings(
  groups: readonly SettingGroup[],
): { readonly key: string; readonly heading: string }[] {
  const seen = new Set<string>()
  const headings = new Map<string, string[]>([[essentialHeading, []]])
  for (const { title, settings } of groups) {
    const own = headingOf(title)
    for (const [key, { essential }] of Object.entries(settings)) {
      if (seen.has(key)) continue
      seen.add(key)
      const heading = essential ? essentialHeading : own
      headings.set(heading, [...(headings.get(heading) ?? []), key])
    }
  }
  return [...headings].flatMap(([heading, keys]) => keys.map(key => ({ key, heading })))
}

/** The flag of a setting, as shown in the help: a switch that is on by default is turned off by `--no-…`. */
export function flagsOf(key: string, { default: standard, value }: Setting<unknown>): string {
  if (typeof standard === 'boolean') return flagFor(key, !standard)
  return `${flagOf(key)} <${value ?? 'value'}>`
}

/** The option of the command line for a setting. */
export function optionOf(key: string, setting: Setting<unknown>): Option {
  const { default: standard, help } = setting
  const isSwitch = typeof standard === 'boolean'
  const note = isSwitch || standard === undefined ? '' : ` (default: ${standard})`
  const option = new Option(flagsOf(key, setting), `${help}${note}`)
  return isSwitch ? option : option.argParser(text => valueFromText(setting, text))
}
