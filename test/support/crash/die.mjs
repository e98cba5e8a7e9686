// Loaded before the program (`node --import`), also in its worker threads: logs each external event of the program,
// and sends itself SIGKILL at the moment chosen by the test. Plain JavaScript, because it is loaded without a build.
//
// CROPSTREAM_CRASH is JSON: `log`, a file that gets a line `stage what` per event; and `stage`, `nth` (from 1) and
// `when` (before, during or after the event) of the moment to die at, if any.
import childProcess from 'node:child_process'
import fs from 'node:fs'
import http from 'node:http'
import { syncBuiltinESMExports } from 'node:module'
import { promisify } from 'node:util'
import { isMainThread } from 'node:worker_threads'

const { log, stage, nth, when } = JSON.parse(process.env.CROPSTREAM_CRASH ?? '{}')
// Not appendFileSync, which calls functions that are watched.
const { openSync, writeSync } = fs
const logFile = log && openSync(log, 'a')
let seen = 0
let leased = false

/** Logs an event; true when it is the one to die at. */
function reached(its, what) {
  writeSync(logFile, `${its} ${what}\n`)
  if (its === 'lease') leased = true
  return its === stage && ++seen === nth
}

function die() {
  process.kill(process.pid, 'SIGKILL')
  for (;;); // until the signal arrives
}

/** @param half does a part of the operation, if it can be divided. */
function around(its, what, whole, half = () => {}) {
  const chosen = reached(its, what)
  if (chosen && when === 'before') die()
  if (chosen && when === 'during') return Promise.resolve(half()).then(die, die)
  const result = whole()
  if (chosen) return Promise.resolve(result).then(die, die)
  return result
}

function stageOf(what, path) {
  const temporary = process.env.TMPDIR
  if (/\.checkpoint/.test(path)) {
    if (/^(rm|DELETE)/.test(what)) return 'forget'
    return /segment-/.test(path) ? 'segment' : 'lease'
  }
  if (temporary !== undefined && path.startsWith(temporary)) return 'temporary'
  if (/manifest\.json|metadata\.json|detections\.json|report\.html|preview\.mp4/.test(path)) {
    return /^(open|append|GET)/.test(what) ? 'stream' : 'publish'
  }
  if (/datasets|crops\/|selected_frames/.test(path)) return 'images'
  return /\.mp4/.test(path) && /^(POST|DELETE)/.test(what) ? 'import' : 'start'
}

function wrap(object, name, pathOf, halfOf = () => undefined) {
  const original = object[name]
  object[name] = function (...args) {
    const path = String(pathOf.call(this, args))
    const half = halfOf(args)
    return around(
      stageOf(name, path),
      `${name} ${path}`,
      () => original.apply(this, args),
      () => half && original.apply(this, half),
    )
  }
}

/** As `wrap`; the next line of the program must not run. */
function wrapSync(name, pathOf, halfOf = () => undefined) {
  const original = fs[name]
  fs[name] = (...args) => {
    const path = String(pathOf(args))
    const chosen = reached(stageOf(name, path), `${name} ${path}`)
    if (!chosen) return original(...args)
    const half = halfOf(args)
    if (when === 'during' && half) original(...half)
    if (when === 'after') original(...args)
    return die()
  }
}

const halved = bytes => Buffer.from(bytes).subarray(0, bytes.length >> 1)

async function watchFiles() {
  const handle = await fs.promises.open('/dev/null')
  const handles = Object.getPrototypeOf(handle)
  await handle.close()
  const paths = new WeakMap()
  wrap(
    fs.promises,
    'writeFile',
    ([path]) => path,
    ([path, bytes, ...rest]) => [path, halved(bytes), ...rest],
  )
  wrap(fs.promises, 'rename', ([, to]) => to)
  for (const name of ['writeFile', 'rename']) fs[name][promisify.custom] = fs.promises[name]
  wrapSync(
    'writeFileSync',
    ([path]) => path,
    ([path, bytes, ...rest]) => [path, halved(bytes), ...rest],
  )
  wrapSync('renameSync', ([, to]) => to)
  wrap(fs.promises, 'link', ([, to]) => to)
  wrap(fs.promises, 'rm', ([path]) => path)
  const { open } = fs.promises
  fs.promises.open = async (path, flags, ...rest) => {
    const opened = () => open(path, flags, ...rest)
    if (!/[wa]/.test(String(flags))) return opened()
    const made = await around(stageOf('open', String(path)), `open ${path}`, opened)
    paths.set(made, path)
    return made
  }
  const ofHandle = function () {
    return paths.get(this) ?? ''
  }
  wrap(handles, 'appendFile', ofHandle, ([bytes]) => [halved(bytes)])
  wrap(handles, 'write', ofHandle)
}

function watchPrograms() {
  const { spawn } = childProcess
  childProcess.spawn = (program, ...rest) => {
    const its = /ffprobe/.test(program) ? 'probe' : leased ? 'decode' : 'surface'
    const chosen = reached(its, `spawn ${program}`)
    if (chosen && when === 'before') die()
    const child = spawn(program, ...rest)
    // When it has started, or at its first output.
    if (chosen && when === 'during') child.once('spawn', die)
    if (chosen && when === 'after') child.stdout.once('data', die)
    return child
  }
}

function watchRequests() {
  const original = http.request
  http.request = function (...args) {
    const { method = 'GET', path = '' } = args[0]
    const what = `${method} ${decodeURIComponent(path)}`
    const chosen = reached(stageOf(method, decodeURIComponent(path)), what)
    if (chosen && when === 'before') die()
    const request = original.apply(this, args)
    // When the request was sent, with unknown result; or when it was answered.
    if (chosen) request.once(when === 'during' ? 'finish' : 'response', die)
    return request
  }
}

async function watchInferences() {
  const { InferenceSession } = await import('onnxruntime-node')
  const { run } = InferenceSession.prototype
  InferenceSession.prototype.run = function (...args) {
    return around('detect', 'run', () => run.apply(this, args))
  }
}

if (log === undefined) throw new Error('Expected CROPSTREAM_CRASH')
if (isMainThread) {
  if (reached('start', 'program')) when === 'before' ? die() : setImmediate(die)
  await watchFiles()
  watchPrograms()
  watchRequests()
  // Also for named imports.
  syncBuiltinESMExports()
} else {
  await watchInferences()
}
