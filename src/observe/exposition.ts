import { rename, rm, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { Pushgateway } from 'prom-client'
import { Metrics } from './metrics.js'
import { ScrapeServer } from './scrape-server.js'

export { Metrics }

/** Where to expose metrics; undefined where not. */
interface Targets {
  readonly metricsPort: number | undefined
  readonly pushgateway: string | undefined
  readonly metricsTextfile: string | undefined
}

/**
 * Serves, pushes and writes metrics as configured. Disposing pushes and writes, then stops the server; a failure
 * there is a warning and never fails the run.
 */
export class Exposition implements AsyncDisposable {
  #server: ScrapeServer | undefined

  /** @param pushDeadlineMs for a Pushgateway: a complete run must not wait long to push its metrics. */
  constructor(
    readonly metrics: Metrics,
    readonly targets: Targets,
    readonly warn: (message: string) => void,
    readonly pushDeadlineMs = 5000,
  ) {}

  /** Resolves to the port, if one is configured. @throws OutputError when it cannot be opened. */
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

/** Replaces the metrics of the previous run: the job name is the only grouping key, so runs do not accumulate. */
async function push({ results }: Metrics, url: string, deadlineMs: number): Promise<void> {
  const over = new AbortController()
  const { signal } = over
  const late = delay(deadlineMs, undefined, { signal }).then(() => {
    throw new Error(`no answer within ${deadlineMs / 1000} s`)
  })
  late.catch(() => {})
  try {
    const gateway = new Pushgateway(url.replace(/\/+$/, ''), { signal }, results)
    // prom-client never settles when the response is cut off: the timer does.
    await Promise.race([gateway.push({ jobName: 'cropstream' }), late])
  } finally {
    over.abort()
  }
}

/** Writes for node_exporter's textfile collector, which may read `*.prom` at any time: the file appears atomically. */
async function write({ results }: Metrics, path: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    // Never write through an existing file or symbolic link.
    await rm(temporary, { force: true })
    await writeFile(temporary, await results.metrics(), { flag: 'wx' })
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** The URL without credentials. */
function shown(url: string): string {
  const { origin, pathname } = new URL(url)
  return origin + pathname
}
