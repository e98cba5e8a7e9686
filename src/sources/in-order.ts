/** How several generators are read at once. */
export interface ReadAhead<T> {
  /** Generators that run at once, at least 1. */
  readonly atOnce: number
  /** Items that may wait for their turn, of all generators together. */
  readonly ahead: number
  /** Makes generators that wait for something fail; called once, at the end. */
  stop(): void
  /** Called for each item that was read and is not given. */
  discard(item: T): void
}

/**
 * Gives the items of the generators in order, while up to `atOnce` of them run. A later one starts early and reads
 * ahead as far as there is room; at its turn it continues without a limit. So the first of them never waits for the
 * others. A failure is thrown at its place in the order. At the end all are stopped, however it comes.
 */
export async function* inOrder<T extends object>(
  generators: readonly AsyncGenerator<T>[],
  { atOnce, ahead, stop, discard }: ReadAhead<T>,
): AsyncGenerator<T> {
  const room = new Room(ahead)
  const readers = generators.map(generator => new Reader(generator, room))
  try {
    for (const [i, reader] of readers.entries()) {
      for (const later of readers.slice(i + 1, i + atOnce)) later.start()
      yield* reader.read()
    }
  } finally {
    stop()
    await Promise.all(readers.map(reader => reader.end(discard)))
  }
}

/** Reads one generator: first ahead, at most into the room there is, then at its turn. */
class Reader<T extends object> {
  readonly #items: T[] = []
  readonly #isTurn = () => this.#turn
  #turn = false
  #ahead: Promise<void> | undefined

  constructor(
    readonly generator: AsyncGenerator<T>,
    readonly room: Room,
  ) {}

  /** Starts to read ahead, once. */
  start(): void {
    this.#ahead ??= this.#readAhead()
    // Thrown in `read`.
    this.#ahead.catch(() => {})
  }

  async *read(): AsyncGenerator<T> {
    this.#takeTurn()
    yield* this.#taken()
    // One more item may be on its way.
    await this.#ahead?.catch(() => {})
    yield* this.#taken()
    await this.#ahead
    yield* this.generator
  }

  async end(discard: (item: T) => void): Promise<void> {
    this.#takeTurn()
    await this.#ahead?.catch(() => {})
    for (const item of this.#taken()) discard(item)
    // A generator that was not started ends at once; one that failed has ended.
    await this.generator.return(undefined)
  }

  #takeTurn(): void {
    this.#turn = true
    this.room.changed()
  }

  *#taken(): Generator<T> {
    for (let item = this.#items.shift(); item !== undefined; item = this.#items.shift()) {
      this.room.leave()
      yield item
    }
  }

  async #readAhead(): Promise<void> {
    while (await this.room.enter(this.#isTurn)) {
      const { value, done } = await this.generator.next()
      if (done) return this.room.leave()
      this.#items.push(value)
    }
  }
}

/** Counts the items that wait for their turn. */
class Room {
  #inside = 0
  #waiting: (() => void)[] = []

  constructor(readonly limit: number) {}

  /** Waits for room for one more, and resolves to whether there is: false as soon as it is not needed any more. */
  async enter(notNeeded: () => boolean): Promise<boolean> {
    while (!notNeeded()) {
      if (this.#inside < this.limit) {
        this.#inside++
        return true
      }
      await new Promise<void>(resolve => this.#waiting.push(resolve))
    }
    return false
  }

  leave(): void {
    this.#inside--
    this.changed()
  }

  /** Lets all that wait look again. */
  changed(): void {
    for (const look of this.#waiting.splice(0)) look()
  }
}
