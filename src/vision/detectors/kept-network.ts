import type { Network } from './network.js'

/** The network that the last look at a sample frame left open on this thread. A session takes 45 ms and 40 MB. */
let kept: { readonly key: string; readonly network: Promise<Network> } | undefined

/** Opens a network and keeps it open for the next call of this key, or `takeNetwork`. It closes one of another key. */
export async function keepNetwork(key: string, open: () => Network | Promise<Network>): Promise<Network> {
  if (kept?.key !== key) {
    await closeKept()
    kept = { key, network: Promise.resolve(open()) }
  }
  return kept.network
}

/** Gives the kept network away, if it is of this key; another is closed. Undefined: the caller opens one. */
export async function takeNetwork(key: string): Promise<Network | undefined> {
  if (kept?.key !== key) {
    await closeKept()
    return undefined
  }
  const { network } = kept
  kept = undefined
  return network
}

async function closeKept(): Promise<void> {
  const last = kept
  kept = undefined
  const network = await last?.network.catch(() => undefined)
  await network?.close()
}
