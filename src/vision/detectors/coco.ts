/** The 80 classes of COCO, by class id: what a network of 80 classes was trained on where its file has no names. */
const names = `person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light, fire hydrant, stop sign,
parking meter, bench, bird, cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe, backpack, umbrella, handbag, tie,
suitcase, frisbee, skis, snowboard, sports ball, kite, baseball bat, baseball glove, skateboard, surfboard, tennis racket,
bottle, wine glass, cup, fork, knife, spoon, bowl, banana, apple, sandwich, orange, broccoli, carrot, hot dog, pizza, donut,
cake, chair, couch, potted plant, bed, dining table, toilet, tv, laptop, mouse, remote, keyboard, cell phone, microwave,
oven, toaster, sink, refrigerator, book, clock, vase, scissors, teddy bear, hair drier, toothbrush`
const coco = names.split(/,\s/)

/** Category ids of COCO without a class. */
const missing = new Set([0, 12, 26, 29, 30, 45, 66, 68, 69, 71, 83])

/** The same classes by their category ids, which go to 90: the official weights of RF-DETR count so. */
export const cocoCategories: readonly string[] = byCategory()

function byCategory(): string[] {
  const left = coco.values()
  return Array.from({ length: 91 }, (_, id) => (missing.has(id) ? `class ${id}` : (left.next().value ?? '')))
}

/**
 * Classes of a file without names: those of COCO if there are 80, since a model of one's own hardly has just so many. A
 * `models.json` beside the file overrides them.
 */
export const unnamedClasses = (count: number): readonly string[] | number =>
  count === coco.length ? coco : count
