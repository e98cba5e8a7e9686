import { CropstreamError } from '../common/errors.js'
import { defaultWorkers } from '../runtime/worker-pool.js'
import { type DeviceName, devicesInSight } from '../vision/detectors/device.js'
import { DeviceThread } from '../vision/detectors/device-thread.js'
import { loadModel, type Model } from '../vision/detectors/model.js'
import { millisecondsPerCall } from '../vision/detectors/network-timing.js'
import type { RunConfig } from './settings.js'

/** Where the detector of a run runs. */
export interface ChosenDevice {
  readonly name: DeviceName
  /** In the precision for the device. */
  readonly model: Model
  /** For people: the outcome of a trial. */
  readonly why?: string
}

/**
 * The device that the options ask for or, with `auto`, the one of the run that is resumed, or the best of a trial. Without
 * a GPU there is no trial: it would delay each run.
 * @param model as loaded for the options.
 * @param recorded tells the device of the run that is resumed; undefined when it is a new one.
 * @param warn called when a device does not work.
 */
export async function chooseDevice(
  config: RunConfig,
  model: Model,
  recorded: () => Promise<DeviceName | undefined>,
  warn: (message: string) => void,
  inSight = devicesInSight,
): Promise<ChosenDevice> {
  const { device = 'cpu', from } = config
  if (from !== 'video') return { name: 'cpu', model }
  if (device !== 'auto') return { name: device, model }
  const devices = inSight()
  const before = devices.length === 0 ? undefined : await recorded()
  if (before !== undefined) return { name: before, model: await loadModel({ ...config, device: before }) }
  for (const name of devices) {
    try {
      return await tried(name, config, model)
    } catch (error) {
      if (!(error instanceof CropstreamError)) throw error
      warn(`the CPU runs the detector: ${error.message}`)
    }
  }
  return { name: 'cpu', model }
}

/** How much faster than all workers together a run must become: times vary, and the CPU gives the same boxes everywhere. */
const clearly = 1.33

/** Long side of a small input, in pixels. */
const partSize = 64

/** Compares a device with the workers. @throws CropstreamError when it does not work. */
async function tried(device: DeviceName, config: RunConfig, model: Model): Promise<ChosenDevice> {
  const fitted = await loadModel({ ...config, device })
  await using thread = await DeviceThread.open(fitted, device)
  // Not earlier: a run without a trial does not load ONNX Runtime on the main thread.
  const { openNetwork } = await import('../vision/detectors/network.js')
  const cpu = await openNetwork(model)
  const cpuMs = await millisecondsPerCall(cpu, model)
  await cpu.close()
  const network = thread.connect()
  // A software renderer takes longer for a small part than a core for the whole frame, and minutes for the whole.
  const partMs = await millisecondsPerCall(network, fitted, partSize)
  const isSlow = partMs > cpuMs
  const ms = isSlow ? partMs : await millisecondsPerCall(network, fitted)
  await network.close()
  const workers = config.workers ?? defaultWorkers()
  // The network is half of the work of a frame (docs/performance.md). On a device it takes its time beside the other half.
  const [onCpu, onDevice] = [(2 * cpuMs) / workers, Math.max(ms, cpuMs / workers)]
  const isFaster = onCpu > clearly * onDevice
  const why = `a call of the network takes ${isSlow ? 'more than ' : ''}${ms.toFixed(0)} ms on ${device} and ${cpuMs.toFixed(0)} ms on one of ${workers} workers`
  return isFaster ? { name: device, model: fitted, why } : { name: 'cpu', model, why }
}
