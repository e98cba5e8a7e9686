import { exitCode, InputError, UsageError } from '../common/errors.js'
import { printable } from '../common/printable.js'
import { ReviewedRun, reviewName } from '../review/reviewed-run.js'
import { serveReview } from '../review/serve.js'
import { checkOptions } from '../settings/configure.js'
import { accessSettings } from '../storage/settings.js'
import { StorageFactory } from '../storage/storage-factory.js'
import type { SharedStore } from '../storage/store.js'
import { commandNamed, parseArguments } from './command.js'
import { addGroup } from './command-line.js'

/**
 * `cropstream review RUN`: serves the report until Ctrl-C. Resolves to the exit code.
 * @param args what follows `review` on the command line.
 * @param stop ends it, as Ctrl-C does.
 * @throws CropstreamError when the run cannot be reviewed.
 */
export async function reviewCommand(args: readonly string[], stop = interrupted()): Promise<number> {
  const program = commandNamed(
    'review',
    'Opens the report of a run to say who is who; saving writes review.json beside it.',
  ).argument('<run>', 'folder of a complete run with a report, or gs://bucket/prefix')
  addGroup(program, accessSettings)
  const ended = parseArguments(program, args)
  if (ended !== undefined) return ended
  const { gcsEndpoint: endpoint, billingProject } = checkOptions([accessSettings], program.opts())
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
  const runs: SharedStore[] = []
  for (const path of (await top.find('manifest.json')).sort()) {
    const folder = path.replace(/\/?manifest\.json$/, '')
    const store = folder === '' ? top : await storage.at(`${location.replace(/\/+$/, '')}/${folder}`, 'RUN')
    if (await isRun(store)) runs.push(store)
    // Not all are read: there may be hundreds.
    if (runs.length > 1) break
  }
  const [run, other] = runs
  if (run === undefined) {
    throw new InputError(
      `Cannot review ${location}: there is no complete run in it (no manifest.json of cropstream)`,
    )
  }
  if (other !== undefined) {
    throw new UsageError(
      `Cannot review ${location}: there are several runs in it; give the folder of one, as ${run.root}`,
    )
  }
  return run
}

/** Other programs have files of this name, too; the format is the first field. */
async function isRun(store: SharedStore): Promise<boolean> {
  for await (const piece of store.pieces('manifest.json')) {
    return /"format":\s*"cropstream\//.test(piece.toString('utf8', 0, 1024))
  }
  return false
}

const interrupted = (): Promise<void> =>
  new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
