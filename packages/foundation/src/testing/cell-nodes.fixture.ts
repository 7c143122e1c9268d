/** Nodes of a test on one engine and one clock, closed after each test. */

import { afterEach } from 'vitest'
import type { CellsOptions } from '../cells/cell-options.ts'
import { type Cells, openCells } from '../cells/cells.ts'
import type { Engine } from '../engine/engine.ts'
import { memoryEngine } from '../engine/engines/memory.ts'
import { type CollectedTelemetry, collectTelemetry, testPort, type VirtualClock, virtualClock } from './index.ts'

interface TestNode {
  readonly cells: Cells
  readonly telemetry: CollectedTelemetry
}

export interface TestNodes {
  readonly clock: VirtualClock
  readonly engine: Engine
  readonly all: readonly TestNode[]
}

/** Called once in a test file. */
export function cellNodes() {
  const opened: Cells[] = []
  afterEach(async () => {
    for (const cells of opened.splice(0)) await cells[Symbol.asyncDispose]()
  })
  return { opened, nodes, pair }

  async function nodes(count: number, options: CellsOptions = {}): Promise<TestNodes> {
    const clock = virtualClock()
    const engine = memoryEngine({ clock })
    const all: TestNode[] = []
    for (let i = 1; i <= count; i++) {
      const telemetry = collectTelemetry()
      const cells = await openCells(testPort({ engine, clock, name: `n${i}`, telemetry }), options)
      opened.push(cells)
      all.push({ cells, telemetry })
    }
    return { clock, engine, all }
  }

  async function pair(options: CellsOptions = {}) {
    const { clock, engine, all } = await nodes(2, options)
    const [a, b] = all as [TestNode, TestNode]
    return { clock, engine, a: a.cells, b: b.cells, telemetry: a.telemetry, telemetryOfB: b.telemetry }
  }
}
