/** How roles look in a terminal: sign and colour. Signs differ, so that nothing is told by colour alone. */

import type { SeriesRole } from '../plot.ts'

/** Colours of the terminal by their SGR parameters. */
export type Ink = string

interface Look {
  /** Undefined: dots of a braille cell, of which several fit into one. */
  readonly sign?: string
  readonly ink: Ink
}

export const looks: { readonly [Role in SeriesRole]: Look } = {
  measured: { ink: '36' },
  value: { ink: '36' },
  'beyond-limit': { sign: '+', ink: '33' },
  failed: { sign: '×', ink: '31' },
  pruned: { sign: '○', ink: '90' },
  best: { sign: '●', ink: '32' },
  front: { sign: '●', ink: '32' },
  expected: { sign: '◆', ink: '35' },
}

/** Colours of several series of plain values. */
export const seriesInks: readonly Ink[] = ['36', '33', '35', '32', '34', '31', '96', '93', '95', '92']

/** From low to high, in the 256 colours: viridis. */
export const scaleInks: readonly Ink[] = [53, 54, 60, 24, 30, 36, 35, 71, 107, 148, 220].map((one) => `38;5;${one}`)
export const scaleSigns = ['·', '░', '▒', '▓', '█'] as const

export const bold: Ink = '1'
export const dim: Ink = '2'

/** The text in a colour, or as it is. */
export type Paint = (text: string, ink: Ink | undefined) => string

export function paintOf(color: boolean): Paint {
  return (text, ink) => (color && ink !== undefined && text !== '' ? `\u001b[${ink}m${text}\u001b[0m` : text)
}
