import { readdirSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { ListedVideo } from './contract.js'
export async function readList(list: string, _access: unknown): Promise<ListedVideo[]> {
  return readdirSync(list)
    .filter(n => /mp4$/.test(n))
    .sort()
    .map(n => ({ uri: resolve(join(list, n)), bytes: statSync(join(list, n)).size }))
}
export const batchNameOf = (list: string): string => basename(list)
