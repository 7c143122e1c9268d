/** The machine that figures were measured on. */

import os from 'node:os'

export interface Host {
  readonly cpu: string
  readonly cores: number
  readonly node: string
}

export function hostOf(): Host {
  const cpus = os.cpus()
  return { cpu: cpus[0]?.model.trim() ?? 'unknown', cores: cpus.length, node: process.versions.node }
}
