/** The name of a node before each line it prints, so that lines of several can be told apart. */

import pc from 'picocolors'
import type { LineOutput } from './progress-line.ts'

/** `node-1  | started`, in a colour of its own on a terminal. `names` are all there will be. */
export function linePrefix(
  names: readonly string[],
  output: LineOutput,
  env: { readonly [name: string]: string | undefined },
): (name: string) => string {
  const colors = pc.createColors((output.isTTY ?? false) && !env.NO_COLOR)
  const palette = [colors.cyan, colors.yellow, colors.green, colors.magenta, colors.blue, colors.red]
  const width = Math.max(...names.map((name) => name.length))
  const prefixes = new Map(
    names.map((name, i) => {
      const color = palette[i % palette.length] as (text: string) => string
      return [name, `${color(`${name.padEnd(width)} |`)} `]
    }),
  )
  return (name) => prefixes.get(name) ?? `${name.padEnd(width)} | `
}
