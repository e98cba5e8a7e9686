/**
 * Connected components over runs of pixels along the rows (He, Chao and Suzuki 2008), by union and find.
 * @param mask 0 or 255.
 * @param zeros 1 to find the 4-connected components of zeros, 0 for the 8-connected ones of the other pixels.
 * @param start receives the indices of the first pixels of the runs, in raster order.
 * @param end receives those after their last.
 * @param root receives for each run the first run of its component. All have 32 bits.
 * @param rows receives for each row, and for the end, the number of runs before it.
 * @returns the number of runs.
 */
export function connectRuns(
  mask: usize,
  width: i32,
  height: i32,
  zeros: i32,
  start: usize,
  end: usize,
  root: usize,
  rows: usize,
): i32 {
  const reach = zeros !== 0 ? 0 : 1
  let above = 0
  let count = 0
  for (let y = 0; y < height; y++) {
    const first = count
    store<i32>(rows + (y << 2), first)
    count = findRuns(mask, y * width, width, zeros !== 0 ? 0xffff : 0, start, end, first)
    for (let run = first; run < count; run++) set(root, run, run)
    for (let a = above, b = first; a < first && b < count; ) {
      const until = get(end, a) + width
      if (get(start, a) + width < get(end, b) + reach && get(start, b) < until + reach) join(root, a, b)
      if (until < get(end, b)) a++
      else b++
    }
    above = first
  }
  store<i32>(rows + (height << 2), count)
  // A root precedes its runs, so one pass resolves all.
  for (let run = 0; run < count; run++) set(root, run, get(root, get(root, run)))
  return count
}

/** Adds the runs of a row, 16 pixels at a time. @param inverted bits that are compared instead. */
function findRuns(
  mask: usize,
  from: i32,
  width: i32,
  inverted: i32,
  start: usize,
  end: usize,
  count: i32,
): i32 {
  let inside = 0
  for (let x = 0; x < width; x += 16) {
    let bits = i8x16.bitmask(v128.load(mask + from + x)) ^ inverted
    if (x + 16 > width) bits &= (1 << (width - x)) - 1
    for (let changes = bits ^ ((bits << 1) & 0xffff) ^ inside; changes !== 0; changes &= changes - 1) {
      const at = from + x + ctz(changes)
      if (inside !== 0) set(end, count++, at)
      else set(start, count, at)
      inside ^= 1
    }
  }
  // A run up to the end of the row, if that is also the end of 16 pixels.
  if (inside !== 0) set(end, count++, from + width)
  return count
}

function join(root: usize, a: i32, b: i32): void {
  while (get(root, a) !== a) {
    set(root, a, get(root, get(root, a)))
    a = get(root, a)
  }
  while (get(root, b) !== b) {
    set(root, b, get(root, get(root, b)))
    b = get(root, b)
  }
  if (a < b) set(root, b, a)
  else set(root, a, b)
}

function get(array: usize, index: i32): i32 {
  return load<i32>(array + (index << 2))
}

function set(array: usize, index: i32, value: i32): void {
  store<i32>(array + (index << 2), value)
}
