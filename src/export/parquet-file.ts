import type { SchemaElement } from 'hyparquet'
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import type { ObjectStream } from '../storage/store.js'

/** A column: its name and type, or the parts of a group of columns. */
export interface Column {
  readonly name: string
  readonly type: 'text' | 'whole' | 'number' | 'bytes' | readonly Column[]
  /** For bytes that are compressed already. */
  readonly compress?: false
}

type Row = Readonly<Record<string, unknown>>

/** Rows that are encoded at once, unless said otherwise: readers load a group whole. */
const defaultGroupRows = 1000
/** A group ends before, where rows hold pictures. */
const groupBytes = 8 << 20

/** Writes a Parquet file group by group, without holding more than a group. */
export class ParquetFile {
  readonly #rows: Row[] = []
  #bytes = 0

  private constructor(
    readonly stream: ObjectStream,
    readonly bytes: ByteWriter & { index: number },
    readonly writer: ParquetWriter,
    readonly columns: readonly Column[],
    readonly groupRows: number,
  ) {}

  /**
   * @param about key and value, as the metadata of the file.
   * @param groupRows rows of a group. What is said of the groups stays in memory, about a kilobyte a column.
   */
  static async in(
    target: { stream(path: string): Promise<ObjectStream> },
    path: string,
    columns: readonly Column[],
    about: Readonly<Record<string, string>> = {},
    groupRows = defaultGroupRows,
  ): Promise<ParquetFile> {
    const bytes = new ByteWriter() as ByteWriter & { index: number }
    const writer = new ParquetWriter({
      writer: bytes,
      schema: [{ name: 'schema', num_children: columns.length }, ...columns.flatMap(elementsOf)],
      kvMetadata: Object.entries(about).map(([key, value]) => ({ key, value })),
      createdBy: 'cropstream',
    })
    return new ParquetFile(await target.stream(path), bytes, writer, columns, groupRows)
  }

  /** @param size of the row in bytes, about. */
  async add(row: Row, size = 0): Promise<void> {
    this.#rows.push(row)
    this.#bytes += size
    if (this.#rows.length === this.groupRows || this.#bytes >= groupBytes) await this.#write()
  }

  async publish(): Promise<void> {
    if (this.#rows.length > 0) await this.#write()
    this.writer.finish()
    await this.#flush()
    await this.stream.publish()
  }

  async #write(): Promise<void> {
    const columnData = this.columns.map(({ name, compress = true }) => ({
      ...{ name, data: this.#rows.map(row => row[name]) },
      ...(!compress && { codec: 'UNCOMPRESSED' as const, statistics: false }),
    }))
    await this.writer.write({ columnData, rowGroupSize: this.#rows.length })
    this.#rows.length = 0
    this.#bytes = 0
    await this.#flush()
  }

  async #flush(): Promise<void> {
    await this.stream.append(this.bytes.getBytes())
    this.bytes.index = 0
  }
}

/** All values may be absent: readers such as pyarrow give columns that are not the type that they read from other files. */
function elementsOf({ name, type }: Column): SchemaElement[] {
  const optional = { name, repetition_type: 'OPTIONAL' as const }
  switch (type) {
    case 'text':
      return [{ ...optional, type: 'BYTE_ARRAY', converted_type: 'UTF8' }]
    case 'whole':
      return [{ ...optional, type: 'INT32' }]
    case 'number':
      return [{ ...optional, type: 'DOUBLE' }]
    case 'bytes':
      return [{ ...optional, type: 'BYTE_ARRAY' }]
    default:
      return [{ ...optional, num_children: type.length }, ...type.flatMap(elementsOf)]
  }
}
