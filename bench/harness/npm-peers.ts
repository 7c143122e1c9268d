/** Peers that npm installs beside their programs, each in a folder of `bench/peers`. */

import { existsSync } from 'node:fs'
import path from 'node:path'

/** How those of a folder are installed. */
export function npmPeerInstall(folder: string): string {
  return `npm install --prefix bench/peers/${folder} --ignore-scripts --no-package-lock`
}

/** Whether they are. */
export function isNpmPeerInstalled(folder: string): boolean {
  return existsSync(path.resolve(import.meta.dirname, '..', 'peers', folder, 'node_modules'))
}
