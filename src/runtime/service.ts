import { MessageChannel, type MessagePort, parentPort } from 'node:worker_threads'

/** Threads besides the workers that steps may use, by name. Each takes the ports of the workers that connect to it. */
export type Services = Readonly<Record<string, (port: MessagePort) => void>>

/** What a worker sends to the main thread to be connected. */
export interface ServiceRequest {
  readonly service: string
  readonly port: MessagePort
}

/** Connects a worker to a service of its pool. The port closes if the pool has none of this name, or when it ends. */
export function connectTo(service: string): MessagePort {
  if (parentPort === null) throw new Error(`Only a worker can connect to the service ${service}`)
  const { port1, port2 } = new MessageChannel()
  parentPort.postMessage({ service, port: port2 } satisfies ServiceRequest, [port2])
  return port1
}
