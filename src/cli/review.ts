import { Command, CommanderError } from 'commander'
import { exitCode, InputError, UsageError } from '../common/errors.js'
import { printable } from '../common/printable.js'
import { ReviewedRun, reviewName } from '../review/reviewed-run.js'
import { serveReview } from '../review/serve.js'
import { checkOptions } from '../settings/configure.js'
import { settingGroup } from '../settings/setting.js'
import { storageSettings } from '../storage/settings.js'
import { StorageFactory } from '../storage/storage-factory.js'
import type { SharedStore } from '../storage/store.js'
import { optionOf } from './command-line.js'

/** Of the settings of a run, those that also matter here. */
const { gcsEndpoint, billingProject } = storageSettings.settings
const access = settingGroup('cloud storage', { gcsEndpoint, billingProject })

/**
 * `cropstream review RUN`: serves the report until Ctrl-C. Resolves to the exit code.
 * @param args what follows `review` on the command line.
 * @param stop ends it, as Ctrl-C does.
 * @throws CropstreamError when the run cannot be reviewed.
 */
export async function reviewCommand(args: readonly string[], stop = interrupted()): Promise<number> {
  const program = new Command('cropstream review')
    .description('Opens the report of a run to say who is who; saving writes review.json beside it.')
    .argument('<run>', 'folder of a complete run with a report, or gs://bucket/prefix')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`${printable(text.trim())}\n`) })
    .helpOption('-h, --help', 'show this help')
    .showHelpAfterError('(--help lists the options)')
  for (const [key, setting] of Object.entries(access.settings)) {
    program.addOption(optionOf(key, setting).helpGroup('Cloud storage:'))
  }
  try {
    program.parse(args, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage
    throw error
  }
  const { gcsEndpoint: endpoint, billingProject } = checkOptions([access], program.opts())
  const location = program.args[0]! // commander requires it
  const store = await runAt(location, new StorageFactory(location, { endpoint, billingProject }))
  await using server = await serveReview(await ReviewedRun.open(store), actions =>
    console.log(`saved ${actions} actions: ${printable(`${store.root}/${reviewName}`)}`),
  )
  console.log(`review: ${server.url}\nCtrl-C ends it.`)
  await stop
  return exitCode.ok
}

async function runAt(location: string, storage: StorageFactory): Promise<SharedStore> {
  const top = await storage.at(location, 'RUN')
  const found = await top.find('manifest.json')
  const [first = ''] = found.map(path => path.replace(/\/?manifest\.json$/, ''))
  const below = `${location.replace(/\/+$/, '')}/${first}`
  if (found.length > 1) {
    throw new UsageError(
      `Cannot review ${location}: there are ${found.length} runs in it; give the folder of one, as ${below}`,
    )
  }
  if (found.length === 0) {
    throw new InputError(`Cannot review ${location}: there is no complete run in it (no manifest.json)`)
  }
  return first === '' ? top : storage.at(below, 'RUN')
}

const interrupted = (): Promise<void> =>
  new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
