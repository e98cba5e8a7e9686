import { Command, CommanderError } from 'commander'
import { exitCode, InputError, UsageError } from '../common/errors.js'
import { printable } from '../common/printable.js'
import { ReviewedRun, reviewName } from '../review/reviewed-run.js'
import { serveReview } from '../review/serve.js'
import { Folder } from '../storage/folder.js'
import { isGcsUrl } from '../storage/gcs.js'

/**
 * `cropstream review RUN`: serves the report until Ctrl-C. Resolves to the exit code.
 * @param args what follows `review` on the command line.
 * @param stop ends it, as Ctrl-C does.
 * @throws CropstreamError when the run cannot be reviewed.
 */
export async function reviewCommand(args: readonly string[], stop = interrupted()): Promise<number> {
  const program = new Command('cropstream review')
    .description('Opens the report of a run to say who is who; saving writes review.json beside it.')
    .argument('<run>', 'folder of a complete run with a report')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`${printable(text.trim())}\n`) })
    .helpOption('-h, --help', 'show this help')
    .showHelpAfterError('(--help lists the options)')
  try {
    program.parse(args, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage
    throw error
  }
  const store = await runAt(program.args[0]!) // commander requires it
  await using server = await serveReview(await ReviewedRun.open(store), actions =>
    console.log(`saved ${actions} actions: ${printable(`${store.root}/${reviewName}`)}`),
  )
  console.log(`review: ${server.url}\nCtrl-C ends it.`)
  await stop
  return exitCode.ok
}

async function runAt(location: string): Promise<Folder> {
  if (isGcsUrl(location)) {
    throw new UsageError(`Cannot review ${location}: copy the run to this machine first`)
  }
  const found = await Folder.at(location).find('manifest.json')
  if (found.length > 1) {
    throw new UsageError(
      `Cannot review ${location}: there are ${found.length} runs in it; give the folder of one, as ${location}/${found[0]?.replace(/\/manifest\.json$/, '')}`,
    )
  }
  if (found[0] === undefined) {
    throw new InputError(`Cannot review ${location}: there is no complete run in it (no manifest.json)`)
  }
  const below = found[0].slice(0, -'manifest.json'.length).replace(/\/$/, '')
  return Folder.at(below === '' ? location : `${location.replace(/\/+$/, '')}/${below}`)
}

const interrupted = (): Promise<void> =>
  new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
