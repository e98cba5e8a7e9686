/**
 * A bitmap font with the few characters of a preview, because servers may have no fonts. Each glyph is 5 by 7
 * pixels, with one empty column between glyphs.
 */
export const glyphWidth = 5
export const glyphHeight = 7
/** From the start of one character to the start of the next. */
export const glyphAdvance = glyphWidth + 1

const characters = '0123456789#.:frame'

const drawn = [
  ' ###    #    ###   ###     #  #####  ###  #####  ###   ###   # #                ##                         ',
  '#   #  ##   #   # #   #   ##  #     #   #     # #   # #   #  # #               #                           ',
  '#   #   #       #     #  # #  #     #         # #   # #   # #####         #   ####  # ##   ###  ## #   ### ',
  '# # #   #     ##    ##  #  #  ####  ####     #   ###   ####  # #               #    ##        # # # # #   #',
  '#   #   #    #        # #####     # #   #   #   #   #     # #####         #    #    #      #### # # # #####',
  '#   #   #   #     #   #    #  #   # #   #   #   #   # #   #  # #   ##          #    #     #   # # # # #    ',
  ' ###   ###  #####  ###     #   ###   ###    #    ###   ###   # #   ##          #    #      #### # # #  ### ',
]

/** Pixel positions by character; characters without an entry are blank. */
export const glyphs: ReadonlyMap<string, readonly (readonly [x: number, y: number])[]> = new Map(
  [...characters].map((character, i) => [
    character,
    drawn.flatMap((row, y) =>
      [...row.slice(i * glyphAdvance, i * glyphAdvance + glyphWidth)].flatMap((pixel, x) =>
        pixel === '#' ? [[x, y] as const] : [],
      ),
    ),
  ]),
)
