import { rename, renameSync, writeFile, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'

/** Not those of node:fs/promises, whose file handles take a third more CPU time: there is a file for every image. */
const [write, move] = [promisify(writeFile), promisify(rename)]

/** Files that are handed over after a slow one. */
const handedOver = 100

/**
 * Writes files that appear whole or not at all. On a fast disk this thread writes them itself: four calls that are handed
 * to Node's other threads take longer than they do. After a file that took long, the next ones are handed over.
 */
export class FileWriter {
  #toHandOver = 0

  /** @param patienceMs that a file may take on this thread. */
  constructor(readonly patienceMs = 0.3) {}

  /** @param temporary path on the same disk; no file may be there. */
  async write(temporary: string, target: string, bytes: Uint8Array): Promise<void> {
    // `wx` does not follow a symbolic link that another user may have created.
    if (this.#toHandOver > 0) {
      this.#toHandOver--
      await write(temporary, bytes, { flag: 'wx' })
      await move(temporary, target)
      return
    }
    const start = performance.now()
    writeFileSync(temporary, bytes, { flag: 'wx' })
    renameSync(temporary, target)
    if (performance.now() - start > this.patienceMs) this.#toHandOver = handedOver
  }
}
