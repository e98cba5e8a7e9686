/** Loads up to `ahead` items at once and gives them in order. A failure is thrown where its item is due. */
export async function* inOrder<In, Out>(
  items: Iterable<In> | AsyncIterable<In>,
  ahead: number,
  load: (item: In) => Promise<Out>,
): AsyncGenerator<Out> {
  const waiting: Promise<Out>[] = []
  for await (const item of items) {
    const loading = load(item)
    loading.catch(() => {})
    waiting.push(loading)
    if (waiting.length >= ahead) yield (await waiting.shift()) as Out
  }
  for (const loading of waiting) yield await loading
}
