import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Where a network runs, by the names of ONNX Runtime's execution providers. */
export const deviceNames = ['cpu', 'webgpu', 'cuda'] as const
export type DeviceName = (typeof deviceNames)[number]

/** The device in the options of a run; undefined if it is unknown, from an older run. */
export const deviceIn = (options: Readonly<Record<string, unknown>> | undefined): DeviceName | undefined =>
  deviceNames.find(name => name === options?.device)

/**
 * Devices that are worth a trial: none where no driver of a GPU is loaded. A trial takes seconds, and libraries print
 * their warnings.
 */
export function devicesInSight(): DeviceName[] {
  if (!hasGpu()) return []
  return (['cuda', 'webgpu'] as const).filter(device => lackOf(device) === undefined)
}

/** PCI vendors of GPUs, NVIDIA, AMD and Intel: not of the displays of virtual machines, which software draws. */
const vendors = ['0x10de', '0x1002', '0x8086']

/** On other systems than Linux there is no cheap way to know. */
function hasGpu(): boolean {
  if (process.platform !== 'linux' || ['/dev/nvidiactl', '/dev/dxg'].some(existsSync)) return true
  const nodes = existsSync('/dev/dri') ? readdirSync('/dev/dri') : []
  return nodes.some(node => {
    const vendor = `/sys/class/drm/${node}/device/vendor`
    return (
      node.startsWith('renderD') &&
      existsSync(vendor) &&
      vendors.includes(readFileSync(vendor, 'utf8').trim())
    )
  })
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
