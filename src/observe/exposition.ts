import { rename, rm, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { Pushgateway } from 'prom-client'
import type { Metrics } from './metrics.js'
import { ScrapeServer } from './scrape-server.js'

/** Where metrics are wanted; undefined where they are not. */
interface Targets {
  readonly metricsPort: number | undefined
  readonly pushgateway: string | undefined
  readonly metricsTextfile: string | undefined
}

/**
 * Metrics, served, pushed and written as configured. Disposing pushes and writes, then stops the server; what
 * fails there is a warning, never a failed run.
 */
export class Exposition implements AsyncDisposable {
  #server: ScrapeServer | undefined

  /** @param pushDeadlineMs for a Pushgateway: the dataset is complete, and must not wait long for its metrics. */
  constructor(
    readonly metrics: Metrics,
    readonly targets: Targets,
    readonly warn: (message: string) => void,
    readonly pushDeadlineMs = 5000,
  ) {}

  /** Resolves to the port, when one is wanted. @throws OutputError when it cannot be opened. */
  async serve(): Promise<number | undefined> {
    const { metricsPort } = this.targets
    if (metricsPort === undefined) return undefined
    this.#server = await ScrapeServer.listen(this.metrics, metricsPort)
    return this.#server.port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { pushgateway, metricsTextfile } = this.targets
    await Promise.all([
      pushgateway &&
        this.#orWarn(
          `cannot push metrics to ${shown(pushgateway)}`,
          push(this.metrics, pushgateway, this.pushDeadlineMs),
        ),
      metricsTextfile &&
        this.#orWarn(`cannot write metrics to ${metricsTextfile}`, write(this.metrics, metricsTextfile)),
    ])
    await this.#server?.[Symbol.asyncDispose]()
  }

  #orWarn(what: string, done: Promise<void>): Promise<void> {
    return done.catch((error: unknown) =>
      this.warn(`${what}: ${error instanceof Error ? error.message : error}`),
    )
  }
}

/** Replaces what the last run pushed: the job name is the whole key, so that runs do not accumulate. */
async function push({ results }: Metrics, url: string, deadlineMs: number): Promise<void> {
  const over = new AbortController()
  const { signal } = over
  const late = delay(deadlineMs, undefined, { signal }).then(() => {
    throw new Error(`no answer within ${deadlineMs / 1000} s`)
  })
  late.catch(() => {})
  try {
    const gateway = new Pushgateway(url.replace(/\/+$/, ''), { signal }, results)
    // prom-client never settles on an answer that is cut off: the clock does.
    await Promise.race([gateway.push({ jobName: 'cropstream' }), late])
  } finally {
    over.abort()
  }
}

/** In the format of node_exporter's textfile collector, which may read `*.prom` at any time: so it appears whole or not at all. */
async function write({ results }: Metrics, path: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    // A file left behind, or a link put there by others, is not written through.
    await rm(temporary, { force: true })
    await writeFile(temporary, await results.metrics(), { flag: 'wx' })
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** Without a password. */
function shown(url: string): string {
  const { origin, pathname } = new URL(url)
  return origin + pathname
}
