import type { MessagePort } from 'node:worker_threads'
import { CropstreamError, exitCode, InputError } from '../../common/errors.js'
import type { Network, OutputValues, Values } from './network.js'

/** A call of the network. The device sends the inputs back with its answer, so that no memory is allocated for each. */
export interface NetworkCall {
  readonly id: number
  readonly inputs: Readonly<Record<string, Values>>
}

export interface NetworkAnswer extends NetworkCall {
  /** Undefined when the network could not be run. */
  readonly outputs?: Readonly<Record<string, OutputValues>>
  readonly failure?: string
}

/** Inputs that are kept for later calls: sizes vary from frame to frame. */
const mostSpare = 4

interface Waiting {
  resolve(outputs: Readonly<Record<string, OutputValues>>): void
  reject(error: Error): void
}

/**
 * The network of a device thread, at the other end of a port. Calls may overlap, and the inputs may be written again as
 * soon as `run` has returned.
 */
export function remoteNetwork(port: MessagePort): Network {
  const waiting = new Map<number, Waiting>()
  let spare: Values[] = []
  let calls = 0
  let isOpen = true

  port.on('message', ({ id, inputs, outputs, failure = 'no reason given' }: NetworkAnswer) => {
    spare = [...spare, ...Object.values(inputs)].slice(-mostSpare)
    const call = waiting.get(id)
    waiting.delete(id)
    if (outputs !== undefined) call?.resolve(outputs)
    else call?.reject(new InputError(failure))
  })
  port.on('close', () => {
    isOpen = false
    for (const { reject } of waiting.values()) reject(stopped())
    waiting.clear()
  })

  /** A copy in memory of an earlier call, where there is some. */
  const copied = (values: Values): Values => {
    const used = spare.find(({ type, data }) => type === values.type && data.length === values.data.length)
    if (used === undefined) return { ...values, data: values.data.slice() }
    spare = spare.filter(other => other !== used)
    bytesOf(used).set(bytesOf(values))
    return { ...values, data: used.data }
  }

  return {
    async run(inputs) {
      if (!isOpen) throw stopped()
      const copies = Object.fromEntries(
        Object.entries(inputs).map(([name, values]) => [name, copied(values)]),
      )
      const id = calls++
      const answer = new Promise<Readonly<Record<string, OutputValues>>>((resolve, reject) => {
        waiting.set(id, { resolve, reject })
      })
      const buffers = Object.values(copies).map(({ data }) => data.buffer as ArrayBuffer)
      port.postMessage({ id, inputs: copies } satisfies NetworkCall, buffers)
      return answer
    },
    async close() {
      port.close()
    },
  }
}

const bytesOf = ({ data }: Values): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

const stopped = () =>
  new CropstreamError(
    exitCode.internal,
    'the thread of the device stopped in the middle of the run; --device cpu runs without it',
  )
