import { rename, rm, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { Pushgateway } from 'prom-client'
import type { Config } from '../config.js'
import type { Metrics } from './metrics.js'
import { ScrapeServer } from './scrape-server.js'

type Where = Pick<Config, 'metricsPort' | 'pushgateway' | 'metricsTextfile'>

/**
 * Serves, pushes and writes as configured. Disposing pushes and writes, then stops the server; what fails there
 * is a warning, never a failed run.
 * @param pushDeadlineMs for a Pushgateway: the dataset is there, nobody should wait long for its metrics.
 * @throws OutputError when the port cannot be had.
 */
export async function expose(
  metrics: Metrics,
  { metricsPort, pushgateway, metricsTextfile }: Where,
  warn: (message: string) => void,
  pushDeadlineMs = 5000,
): Promise<AsyncDisposable & { readonly port?: number }> {
  const server = metricsPort === undefined ? undefined : await ScrapeServer.listen(metrics, metricsPort)
  const orWarn = (what: string, done: Promise<void>) =>
    done.catch((error: unknown) => warn(`${what}: ${error instanceof Error ? error.message : error}`))
  return {
    ...(server !== undefined && { port: server.port }),
    async [Symbol.asyncDispose]() {
      await Promise.all([
        pushgateway &&
          orWarn(`cannot push metrics to ${shown(pushgateway)}`, push(metrics, pushgateway, pushDeadlineMs)),
        metricsTextfile &&
          orWarn(`cannot write metrics to ${metricsTextfile}`, write(metrics, metricsTextfile)),
      ])
      await server?.[Symbol.asyncDispose]()
    },
  }
}

/** Replaces what the last run pushed: the job is the whole key, so that runs do not pile up there. */
async function push({ results }: Metrics, url: string, deadlineMs: number): Promise<void> {
  const over = new AbortController()
  const { signal } = over
  const late = delay(deadlineMs, undefined, { signal }).then(() => {
    throw new Error(`no answer within ${deadlineMs / 1000} s`)
  })
  late.catch(() => {})
  try {
    const gateway = new Pushgateway(url.replace(/\/+$/, ''), { signal }, results)
    // Of an answer that is cut off prom-client never tells the end: the clock does.
    await Promise.race([gateway.push({ jobName: 'cropstream' }), late])
  } finally {
    over.abort()
  }
}

/** In the format of node_exporter's textfile collector, which reads `*.prom` whenever it likes: whole or not at all. */
async function write({ results }: Metrics, path: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    await writeFile(temporary, await results.metrics())
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
