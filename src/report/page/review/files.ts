import { element } from '../dom.js'

const fileName = 'review.json'

/** Whether `cropstream review` serves this page: it has all crops, and takes the review. */
export const isServed = location.protocol === 'http:' && new URLSearchParams(location.search).has('served')

/** A crop of a run that is served. */
export interface ServedCrop {
  readonly frame: number
  readonly path: string
}

export async function servedCrops(track: number): Promise<ServedCrop[]> {
  const answer = await fetch(`tracks/${track}.json`)
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`)
  return answer.json()
}

/** Of the review beside the run that this page has seen: the server takes no other in its place. */
let tag = '"none"'

/** The review beside the run; undefined when there is none. @throws Error when it cannot be read. */
export async function servedReview(): Promise<string | undefined> {
  const answer = await fetch(fileName)
  if (!answer.ok) throw new Error((await answer.text()).trim())
  tag = answer.headers.get('ETag') ?? tag
  return answer.status === 200 ? answer.text() : undefined
}

/** Of the File System Access API, which the types of the browser do not have yet. */
type SaveFilePicker = (options: {
  readonly suggestedName: string
  readonly types: readonly { readonly accept: Readonly<Record<string, readonly string[]>> }[]
}) => Promise<FileSystemFileHandle>

let handle: FileSystemFileHandle | undefined

/**
 * Saves the review beside the run.
 * @param known the review that this page knows to be there: another tab may have saved it.
 */
export async function saveServed(text: string, known: string): Promise<void> {
  const put = () => fetch(fileName, { method: 'PUT', body: text, headers: { 'If-Match': tag } })
  let answer = await put()
  if (answer.status === 412) {
    const now = await fetch(fileName)
    if ((await now.text()) === known) {
      tag = now.headers.get('ETag') ?? tag
      answer = await put()
    }
  }
  if (!answer.ok) throw new Error((await answer.text()).trim())
  tag = answer.headers.get('ETag') ?? tag
}

/** Saves the review to a file that the user picks once, or as a download. Resolves to where it is. */
export async function save(text: string): Promise<string> {
  const pick = (window as { showSaveFilePicker?: SaveFilePicker }).showSaveFilePicker
  if (pick !== undefined) {
    handle ??= await pick({ suggestedName: fileName, types: [{ accept: { 'application/json': ['.json'] } }] })
    const file = await handle.createWritable()
    await file.write(text)
    await file.close()
    return handle.name
  }
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
  element('a', { href: url, download: fileName }).click()
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
  return 'among the downloads'
}
