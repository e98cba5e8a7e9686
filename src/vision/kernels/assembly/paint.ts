/** Paints the pixels of which the mask is 0. @param color red lowest, the highest byte 0. */
export function paint(rgb: usize, mask: usize, size: i32, color: u32): void {
  for (let end = mask + size; mask < end; mask++, rgb += 3) {
    if (load<u8>(mask) !== 0) continue
    store<u16>(rgb, color)
    store<u8>(rgb, color >> 16, 2)
  }
}
