/** Texts by the columns that they take in a terminal. */

/** Controls, escapes and what turns the direction of text: a label must not be able to move the cursor. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{17000}-\u{18cff}\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u
const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** A label in one line that only prints. The joiners and selectors within emoji stay. @example printable('a\u001b[2Jb') // => 'a?[2Jb' */
export function printable(text: string): string {
  return text.replace(unprintable, (sign) => (sign === '\u200d' ? sign : /\s/.test(sign) ? ' ' : '?'))
}

/** Columns of a printable text: graphemes, those of East Asian width and emoji twice. @example textWidth('模型') // => 4 */
export function textWidth(text: string): number {
  let columns = 0
  for (const { segment } of segmenter.segment(text)) columns += wide.test(segment) ? 2 : 1
  return columns
}

/** The text in at most so many columns, with an ellipsis where it was cut. @example fitted('temperature', 5) // => 'temp…' */
export function fitted(text: string, columns: number): string {
  if (columns <= 0) return ''
  if (textWidth(text) <= columns) return text
  let kept = ''
  let used = 0
  for (const { segment } of segmenter.segment(text)) {
    const width = wide.test(segment) ? 2 : 1
    if (used + width > columns - 1) break
    kept += segment
    used += width
  }
  return `${kept}…`
}

/** The text in exactly so many columns. */
export function padded(text: string, columns: number, side: 'left' | 'right' = 'left'): string {
  const cut = fitted(text, columns)
  const space = ' '.repeat(Math.max(0, columns - textWidth(cut)))
  return side === 'left' ? cut + space : space + cut
}

/** Lines of words, none wider than so many columns; longer words are cut. */
export function wrapped(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (textWidth(longer) <= columns) line = longer
    else {
      if (line !== '') lines.push(line)
      line = fitted(word, columns)
    }
  }
  return line === '' ? lines : [...lines, line]
}
