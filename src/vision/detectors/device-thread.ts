import './no-telemetry.js'

import { once } from 'node:events'
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import { UsageError } from '../../common/errors.js'
import { reasonOf } from '../../runtime/handover.js'
import { type DeviceName, lackOf, remedyFor } from './device.js'
import type { DeviceMessage, DeviceTask } from './device-worker.js'
import type { Model } from './model.js'
import type { Network } from './network.js'
import { remoteNetwork } from './remote-network.js'

/**
 * A thread that runs the network of a model on a device, for the main thread and any number of workers, and does nothing
 * else. Its owner closes it when no call is running.
 */
export class DeviceThread implements AsyncDisposable {
  readonly #worker: Worker
  readonly #ended: Promise<unknown>
  #hasEnded = false

  private constructor(task: DeviceTask) {
    this.#worker = new Worker(new URL('./device-worker.js', import.meta.url), { workerData: task })
    this.#ended = new Promise(resolve => this.#worker.once('exit', resolve)).then(() => {
      this.#hasEnded = true
    })
    // A thread that dies closes its ports: each of its callers fails, with an error that says so.
    this.#worker.on('error', () => {})
  }

  /** @throws UsageError when the machine has no such device, or it cannot run the model. */
  static async open(model: Model, device: DeviceName): Promise<DeviceThread> {
    const lack = lackOf(device)
    if (lack !== undefined) throw unusable(device, lack)
    const thread = new DeviceThread({ model, device })
    try {
      await once(thread.#worker, 'message')
      return thread
    } catch (error) {
      await thread.#ended
      throw unusable(device, reasonOf(error), error)
    }
  }

  /** Gives a caller a port for a `remoteNetwork`, as a service of a worker pool. */
  readonly serve = (port: MessagePort): void => {
    // A message to a thread that has ended is lost, and its ports would stay open.
    if (this.#hasEnded) port.close()
    else this.#worker.postMessage({ port } satisfies DeviceMessage, [port])
  }

  /** The network, for the calling thread. */
  readonly connect = (): Network => {
    const { port1, port2 } = new MessageChannel()
    this.serve(port2)
    return remoteNetwork(port1)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#worker.postMessage('close' satisfies DeviceMessage)
    await this.#ended
  }
}

const unusable = (device: DeviceName, reason: string, cause?: unknown): UsageError =>
  new UsageError(`Cannot use --device ${device}: ${reason}; ${remedyFor(device)}`, { cause })
