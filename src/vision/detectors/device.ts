import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Where a network runs, by the names of ONNX Runtime's execution providers. */
export const deviceNames = ['cpu', 'webgpu', 'cuda'] as const
export type DeviceName = (typeof deviceNames)[number]

/** The device in the options of a run; undefined if it is unknown, from an older run. */
export const deviceIn = (options: Readonly<Record<string, unknown>> | undefined): DeviceName | undefined =>
  deviceNames.find(name => name === options?.device)

/**
 * Devices that are worth a trial: none where no driver of a GPU is loaded. To try one takes about a second, and prints
 * warnings of its libraries.
 */
export function devicesInSight(): DeviceName[] {
  if (!hasGpuDriver()) return []
  return (['cuda', 'webgpu'] as const).filter(device => lackOf(device) === undefined)
}

/** On other systems than Linux there is no cheap way to know. */
function hasGpuDriver(): boolean {
  if (process.platform !== 'linux') return true
  const render = '/dev/dri'
  return (
    ['/dev/nvidiactl', '/dev/dxg'].some(existsSync) ||
    (existsSync(render) && readdirSync(render).some(name => name.startsWith('renderD')))
  )
}

/** What of ONNX Runtime is missing for a device; undefined if nothing is. */
export function lackOf(device: DeviceName): string | undefined {
  const platform = `${process.platform}-${process.arch}`
  if (device === 'webgpu' && platform === 'linux-arm64')
    return `onnxruntime-node has no WebGPU for ${platform}`
  if (device !== 'cuda') return undefined
  if (platform !== 'linux-x64') return `onnxruntime-node has no CUDA for ${platform}`
  const main = createRequire(import.meta.url).resolve('onnxruntime-node')
  const folder = join(dirname(main), '../bin/napi-v6/linux/x64')
  return existsSync(join(folder, 'libonnxruntime_providers_cuda.so'))
    ? undefined
    : `the CUDA libraries of ONNX Runtime are not in ${folder}`
}

const remedies: Readonly<Record<DeviceName, string>> = {
  cpu: '',
  webgpu: 'it needs a GPU with its driver and, on Linux, libvulkan.so.1 (docs/performance.md)',
  cuda: 'docs/performance.md says how to install them, and CUDA 12 with cuDNN 9',
}

/** What to do when a device cannot be used. */
export const remedyFor = (device: DeviceName): string => `${remedies[device]}; --device cpu always works`
