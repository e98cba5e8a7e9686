/**
 * A font of our own, for the few characters that a preview needs: a server has none installed. Each
 * glyph is 5 by 7 pixels; the columns between them are the space between characters.
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

/** By character, where its pixels are; a character without an entry is blank. */
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
