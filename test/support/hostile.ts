/** Characters that must never reach a terminal or a log unescaped, except line ends between lines. */
export const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u
export const unsafeInLines = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

/** Invalid folder names of the output tree, with a description. */
export const badNames: readonly (readonly [why: string, name: string])[] = [
  ['nothing', ''],
  ['the folder itself', '.'],
  ['the folder above', '..'],
  ['a relative path up', '../x'],
  ['a relative path up at the end', 'a/..'],
  ['an absolute path', '/etc'],
  ['a slash', 'a/b'],
  ['a backslash', 'a\\b'],
  ['a Windows path up', '..\\x'],
  ['NUL', 'a\0b'],
  ['a line break', 'a\nb'],
  ['a line break at the end', 'a\n'],
  ['a carriage return', 'a\rb'],
  ['a terminal escape', '\x1b[2Ja'],
  ['an 8-bit terminal escape', 'a\u009b31m'],
  ['right to left', '\u202egpj.4pm'],
  ['an invisible space', 'a\u200bb'],
  ['full-width dots', '\uff0e\uff0e'],
  ['a full-width slash', 'a\uff0fb'],
  ['a one-dot leader', '\u2024\u2024'],
  ['a Cyrillic a', '\u0430cme'],
  ['NFC', 'caf\u00e9'],
  ['NFD', 'cafe\u0301'],
  ['half a surrogate pair', 'a\ud800'],
  ['an emoji', '\u26bd'],
  ['a leading dash', '-rf'],
  ['an option', '--quiet'],
  ['a hidden folder', '.ssh'],
  ['a space', 'a b'],
  ['percent', '%2e%2e'],
  ['a drive', 'C:'],
  ['a shell command', '$(touch pwned)'],
  ['101 characters', 'x'.repeat(101)],
  ['2000 characters', 'x'.repeat(2000)],
]

/** Valid file names that some program could misinterpret. */
export const oddFileNames: readonly (readonly [why: string, name: string])[] = [
  [
    'commands of a shell',
    '$(touch pwned) `touch pwned` ; touch pwned && touch pwned | tee "pwned" \'x\' > pwned',
  ],
  ['globs and a home', '~ *?{a,b}[c]!#&%'],
  ["ffmpeg's own characters", "a:b,c'd[e]%03d%d;e=f\\g@h"],
  ['terminal escapes', '\x1b]0;owned\x07\x1b[2J\u009b31m\u202egpj\ncropstream: all is well\n'],
  ['look-alikes, NFC and NFD', ' \uff0e\uff0e\u2215caf\u00e9 cafe\u0301\u200b '],
]

/** More of them, special only for ffmpeg. */
export const oddFfmpegNames: readonly string[] = [
  '-i',
  '--help',
  '-',
  'pipe:0',
  'file:x.mp4',
  'http:example.mp4',
  'concat:a|b.mp4',
  'subfile,,start,0,end,9,,:x.mp4',
  'data:text,x',
  'frame%05d.mp4',
  '*.mp4',
  '@list.txt',
  '%USERPROFILE%.mp4',
  'a\tb\rc.mp4',
  `${'x'.repeat(251)}.mp4`,
]
