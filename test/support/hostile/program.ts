import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { smallFlags } from '../small-match.js'
import { watchMemory } from './watched-reader.js'

/** Runs the program on a video, and checks what is left afterwards. */
export async function cropstream(path: string, out: string, lenient: boolean) {
  const graph = fileURLToPath(new URL('../../../dist/graph.js', import.meta.url))
  const args = [graph, path, '--fps', '4', ...smallFlags, '--augment', '0', '--out', out]
  if (lenient) args.push('--lenient')
  const child: ChildProcess = spawn(process.execPath, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 60_000,
  })
  using peak = watchMemory(child.pid!)
  let stderr = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const [code, killedBy] = await once(child, 'close')
  const files = await readdir(out, { recursive: true }).catch(() => [])
  return {
    code: killedBy ?? code,
    stderr,
    lines: stderr.split('\n').filter(line => /^cropstream: (Expected|Cannot|No player)/.test(line)).length,
    manifests: files.filter(file => file.endsWith('manifest.json')).length,
    left: await programsOn(path),
    bytes: peak.reader,
  }
}

/** Number of ffmpeg and ffprobe processes with this file in their command line. */
async function programsOn(path: string): Promise<number> {
  const pids = (await readdir('/proc').catch(() => [])).filter(name => /^\d+$/.test(name))
  const lines = await Promise.all(pids.map(pid => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return lines.filter(line => /ff(mpeg|probe)/.test(line) && line.includes(path)).length
}
