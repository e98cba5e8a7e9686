import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { ownedBuffers, reasonOf } from '../../runtime/handover.js'
import type { DeviceName } from './device.js'
import type { Model } from './model.js'
import { openNetwork } from './network.js'
import type { NetworkAnswer, NetworkCall } from './remote-network.js'

/** What the thread of a device is started with. */
export interface DeviceTask {
  readonly model: Model
  readonly device: DeviceName
}

/** A caller to serve, or the end. */
export type DeviceMessage = { readonly port: MessagePort } | 'close'

const { model, device } = workerData as DeviceTask
const network = await openNetwork(model, device)
const callers = new Set<MessagePort>()

parentPort?.on('message', async (message: DeviceMessage) => {
  if (message === 'close') {
    await network.close()
    for (const port of [...callers, parentPort]) port?.close()
    return
  }
  const { port } = message
  callers.add(port)
  port.on('close', () => callers.delete(port))
  port.on('message', async (call: NetworkCall) => {
    const answer = await answerTo(call)
    port.postMessage(answer, ownedBuffers([answer]))
  })
})
parentPort?.postMessage('ready')

async function answerTo({ id, inputs }: NetworkCall): Promise<NetworkAnswer> {
  try {
    const results = await network.run(inputs)
    // Plain values: the tensors of ONNX Runtime cannot be sent to another thread.
    const outputs = Object.entries(results).map(([name, { data, dims }]) => [name, { data, dims: [...dims] }])
    return { id, inputs, outputs: Object.fromEntries(outputs) }
  } catch (error) {
    return { id, inputs, failure: `${reasonOf(error)}; --device cpu runs it without the GPU` }
  }
}
