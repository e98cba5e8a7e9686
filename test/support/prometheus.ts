import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe } from 'vitest'
import { isOnPath } from './on-path.js'
import { freePort } from './port.js'
import { startServer, untilReady } from './server.js'

/** One series in the result of an instant query. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>
  readonly value: number
}

export interface Prometheus extends AsyncDisposable {
  readonly url: string
  /** Evaluates a PromQL expression now, or at a Unix time in seconds. */
  query(expression: string, at?: number): Promise<Sample[]>
  /** Repeats a query until its result is accepted. */
  until(expression: string, accepts: (samples: Sample[]) => boolean): Promise<Sample[]>
  /** Names of all series that were ever scraped. */
  names(): Promise<Set<string>>
}

/** A server from the Debian package of this name, on a free local port. */
export interface Served extends AsyncDisposable {
  readonly url: string
}

const programs = ['prometheus', 'promtool', 'prometheus-pushgateway']

/**
 * A suite with a real Prometheus, promtool and Pushgateway on the PATH. If one is missing, the suite is skipped with a
 * message; with CI or CROPSTREAM_REQUIRE_PROMETHEUS set it fails instead.
 */
export function describeWithPrometheus(name: string, suite: () => void): void {
  const missing = programs.filter(program => !isOnPath(program))
  if (missing.length === 0) return void describe(name, suite)
  const why = `no ${missing.join(', ')} on the PATH (Debian: apt install prometheus prometheus-pushgateway)`
  if (process.env.CI || process.env.CROPSTREAM_REQUIRE_PROMETHEUS)
    throw new Error(`'${name}' cannot run: ${why}`)
  console.warn(`\nSKIPPED '${name}': ${why}\n`)
  describe.skip(name, suite)
}

/** Scrapes `ports` four times a second, each as a separate job, and evaluates `rules`. */
export async function startPrometheus(
  ports: Readonly<Record<string, number>>,
  rules: string,
): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'cropstream-prometheus-'))
  const config = join(folder, 'prometheus.yml')
  // JSON is YAML.
  await writeFile(
    config,
    JSON.stringify({
      global: { scrape_interval: '250ms', scrape_timeout: '250ms', evaluation_interval: '1s' },
      rule_files: [rules],
      scrape_configs: Object.entries(ports).map(([job, port]) => ({
        job_name: job,
        static_configs: [{ targets: [`127.0.0.1:${port}`] }],
      })),
    }),
  )
  const server = await serve('prometheus', '/-/ready', [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
  ])
  const api = async <T>(path: string): Promise<T> => {
    const answer = (await (await fetch(`${server.url}/api/v1/${path}`)).json()) as {
      status: string
      data: T
    }
    if (answer.status !== 'success')
      throw new Error(`Expected success from ${path}: ${JSON.stringify(answer)}`)
    return answer.data
  }
  const query = async (expression: string, at?: number): Promise<Sample[]> => {
    type Vector = { result: { metric: Record<string, string>; value: [number, string] }[] }
    const { result } = await api<Vector>(
      `query?query=${encodeURIComponent(expression)}${at === undefined ? '' : `&time=${at}`}`,
    )
    return result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }))
  }
  return {
    url: server.url,
    query,
    async until(expression, accepts) {
      for (let tries = 0; tries < 300; tries++) {
        const samples = await query(expression)
        if (accepts(samples)) return samples
        await delay(50)
      }
      throw new Error(`Expected another answer to ${expression} within 15 seconds`)
    },
    names: async () => new Set(await api<string[]>('label/__name__/values')),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await rm(folder, { recursive: true })
    },
  }
}

export const startPushgateway = (): Promise<Served> => serve('prometheus-pushgateway', '/-/ready', [])

/** Runs promtool and resolves to its output; rejects with it on failure. */
export function promtool(args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile('promtool', args, (error, stdout, stderr) =>
      error === null ? resolve(stdout + stderr) : reject(new Error(stdout + stderr)),
    )
    child.stdin?.end(input)
  })
}

async function serve(program: string, ready: string, args: readonly string[]): Promise<Served> {
  const address = `127.0.0.1:${await freePort()}`
  const url = `http://${address}`
  const server = startServer(program, [...args, `--web.listen-address=${address}`, '--log.level=error'])
  await untilReady(server, program, async () => (await fetch(url + ready)).ok)
  return { url, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}
