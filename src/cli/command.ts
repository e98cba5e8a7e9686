import { Command, CommanderError } from 'commander'
import { exitCode } from '../common/errors.js'
import { printable } from '../common/printable.js'

/** A command beside the run of a video. @param name what follows `cropstream`. */
export const commandNamed = (name: string, description: string): Command =>
  new Command(`cropstream ${name}`)
    .description(description)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`${lineOf(text)}\n`) })
    .helpOption('-h, --help', 'show this help')
    .showHelpAfterError('(--help lists the options)')

/** Of a usage error: commander puts what was probably meant on a second line. */
export const lineOf = (error: string): string => printable(error.trim().replace('\n(Did', ' (Did'))

/**
 * Parses what follows the name of a command. Prints its help or a usage error itself, and then returns the exit code.
 */
export function parseArguments(program: Command, args: readonly string[]): number | undefined {
  try {
    program.parse(args, { from: 'user' })
    return undefined
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage
    throw error
  }
}
