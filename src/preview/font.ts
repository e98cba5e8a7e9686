/**
 * A bitmap font for the names of classes and numbers, because servers may have no fonts. Each glyph is 5 by 7 pixels,
 * with one empty column between glyphs. Capital letters are drawn as small ones.
 */
export const glyphWidth = 5
export const glyphHeight = 7
/** From the start of one character to the start of the next. */
export const glyphAdvance = glyphWidth + 1

/** Drawn for a character without a glyph. */
export const unknownGlyph = '?'

const sheets: readonly (readonly [characters: string, drawn: readonly string[]])[] = [
  [
    '0123456789#.:-_?',
    [
      ' ###    #    ###   ###     #  #####  ###  #####  ###   ###   # #                           ###  ',
      '#   #  ##   #   # #   #   ##  #     #   #     # #   # #   #  # #                          #   # ',
      '#   #   #       #     #  # #  #     #         # #   # #   # #####         #                   # ',
      '# # #   #     ##    ##  #  #  ####  ####     #   ###   ####  # #               ###           #  ',
      '#   #   #    #        # #####     # #   #   #   #   #     # #####         #                 #   ',
      '#   #   #   #     #   #    #  #   # #   #   #   #   # #   #  # #   ##                           ',
      ' ###   ###  #####  ###     #   ###   ###    #    ###   ###   # #   ##               #####   #   ',
    ],
  ],
  [
    'abcdefghijklm',
    [
      '      #               #         ##        #       #      #  #      ##         ',
      '      #               #        #     #### #                 #       #         ',
      ' ###  # ##   ###   ## #  ###  ####  #   # # ##   ##     ##  #  #    #   ## #  ',
      '    # ##  # #     #  ## #   #  #    #   # ##  #   #      #  # #     #   # # # ',
      ' #### #   # #     #   # #####  #     #### #   #   #      #  ##      #   # # # ',
      '#   # ##  # #   # #  ## #      #        # #   #   #   #  #  # #     #   # # # ',
      ' #### # ##   ###   ## #  ###   #     ###  #   #  ###   ##   #  #   ###  # # # ',
    ],
  ],
  [
    'nopqrstuvwxyz',
    [
      '                                     #                                        ',
      '            # ##   ## #              #                            #   #       ',
      '# ##   ###  ##  # #  ## # ##   #### ###   #   # #   # #   # #   # #   # ##### ',
      '##  # #   # #   # #   # ##    #      #    #   # #   # #   #  # #  #   #    #  ',
      '#   # #   # ####   #### #      ###   #    #   # #   # # # #   #    ####   #   ',
      '#   # #   # #         # #         #  #  # #  ##  # #  # # #  # #      #  #    ',
      '#   #  ###  #         # #     ####    ##   ## #   #    # #  #   #  ###  ##### ',
    ],
  ],
]

/** Pixel positions by character; a character without an entry is drawn as `unknownGlyph`. */
export const glyphs: ReadonlyMap<string, readonly (readonly [x: number, y: number])[]> = new Map(
  sheets.flatMap(([characters, drawn]) =>
    [...characters].map((character, i) => [
      character,
      drawn.flatMap((row, y) =>
        [...row.slice(i * glyphAdvance, i * glyphAdvance + glyphWidth)].flatMap((pixel, x) =>
          pixel === '#' ? [[x, y] as const] : [],
        ),
      ),
    ]),
  ),
)
