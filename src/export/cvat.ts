import { type ExportBox, format, type RunInfo, type Target } from './contract.js'

/**
 * Tasks of CVAT, one for each run: `annotations.xml` in its form "CVAT for video 1.1", whose frames are those of the video
 * itself. Sampled frames are keyframes, between which CVAT interpolates; a track that is not seen is outside.
 */
export const cvat = format({
  name: 'cvat',
  help: 'tracks over the original video, for CVAT and Datumaro',
  settings: {},
  promised: undefined,
  async write(dataset, target) {
    let task: Task | undefined
    for await (const { run, index, boxes } of dataset.frames()) {
      if (task?.run !== run) {
        await task?.write(target)
        task = new Task(run)
      }
      task.add(index, boxes)
    }
    await task?.write(target)
  },
  load: root => [
    'import datumaro  # or in CVAT: a task of the video, then Actions, Upload annotations, CVAT 1.1',
    `data = datumaro.Dataset.import_from(${root} + "/run_1", "cvat")`,
  ],
})

/** The boxes of one video: the form has them track by track, a run has them frame by frame. */
class Task {
  readonly #tracks = new Map<number, { readonly label: string; readonly keyframes: Map<number, string> }>()
  readonly #frames: number[] = []

  constructor(readonly run: RunInfo) {}

  add(index: number, boxes: readonly ExportBox[]): void {
    this.#frames.push(index)
    for (const { trackId, box, classId, className } of boxes) {
      const track = this.#tracks.get(trackId) ?? {
        label: className ?? `class ${classId}`,
        keyframes: new Map(),
      }
      this.#tracks.set(trackId, track)
      const [xtl, ytl, xbr, ybr] = box.map(value => value.toFixed(2))
      track.keyframes.set(index, `xtl="${xtl}" ytl="${ytl}" xbr="${xbr}" ybr="${ybr}"`)
    }
  }

  async write(target: Target): Promise<void> {
    const { number, name, frameCount, width, height } = this.run
    const file = await target.stream(`run_${number}/annotations.xml`)
    const labels = new Set([...this.#tracks.values()].map(({ label }) => label))
    await file.append(
      [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<annotations>',
        '  <version>1.1</version>',
        `  <meta><task><name>${escaped(name)}</name><size>${frameCount}</size><mode>interpolation</mode>`,
        `  <start_frame>0</start_frame><stop_frame>${frameCount - 1}</stop_frame><labels>`,
        ...[...labels].map(label => `    <label><name>${escaped(label)}</name><attributes/></label>`),
        '  </labels>',
        `  <original_size><width>${width}</width><height>${height}</height></original_size></task></meta>\n`,
      ].join('\n'),
    )
    for (const [id, { label, keyframes }] of [...this.#tracks].sort(([a], [b]) => a - b)) {
      await file.append(`  <track id="${id}" label="${escaped(label)}" source="cropstream">\n`)
      let last: string | undefined
      for (const frame of this.#frames) {
        const place = keyframes.get(frame)
        // Once where it leaves: without it, CVAT would draw the box on.
        if (place !== undefined) await file.append(boxOf(frame, place, false))
        else if (last !== undefined) await file.append(boxOf(frame, last, true))
        last = place
      }
      await file.append('  </track>\n')
    }
    await file.append('</annotations>\n')
    await file.publish()
  }
}

const boxOf = (frame: number, place: string, outside: boolean): string =>
  `    <box frame="${frame}" keyframe="1" outside="${outside ? 1 : 0}" occluded="0" ${place} z_order="0"/>\n`

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text: string): string => text.replace(/[&<>"]/g, sign => entities[sign] ?? sign)
