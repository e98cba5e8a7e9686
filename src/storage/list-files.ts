import type { Bucket, File, GetFilesOptions, GetFilesResponse } from '@google-cloud/storage'

/**
 * The files of a bucket that match a query.
 * @param request sends and retries the request for one page. Those of a large bucket, all as one request, would take
 * longer than one that stalls.
 */
export async function* listFiles(
  bucket: Bucket,
  query: GetFilesOptions,
  request: (send: () => Promise<GetFilesResponse>) => Promise<GetFilesResponse>,
): AsyncGenerator<File> {
  let pageToken: string | undefined
  do {
    const page = { ...query, autoPaginate: false, ...(pageToken !== undefined && { pageToken }) }
    const [files, next] = await request(() => bucket.getFiles(page))
    yield* files
    // Null after the last page, other than its type says.
    pageToken = next?.pageToken
  } while (pageToken !== undefined)
}
