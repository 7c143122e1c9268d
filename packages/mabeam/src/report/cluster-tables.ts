/** What `mabeam cluster status` shows: the nodes, what they hold, the queues and the services of a system. */

import type { ClusterNode, ClusterQueue, ClusterStatus } from '@mabeam/foundation'
import { oneLine, plainTable, type ReportStyle, type TableParts } from './style.ts'

/** Rows of one table; the rest is counted. */
const rowsMax = 50

/** The whole status as text. */
export function formatClusterStatus(status: ClusterStatus, style: ReportStyle): string {
  const { system, engine, counts } = status
  const head = `System ${style.bold(system)} on engine ${engine.name} (${engine.status}): ${counted(counts.nodes, 'node')}${absent(status)}`
  const tables: readonly (Section | undefined)[] = [
    nodesSection(status),
    placesSection(status),
    queuesSection(status),
    servicesSection(status),
    namesSection(status),
  ]
  const sections = tables.flatMap((section) => (section === undefined ? [] : ['', ...sectionLines(section, style)]))
  return [head, ...sections].join('\n')
}

/** Those that went are listed for a while, and are not to be taken for nodes that work. */
function absent({ nodes }: ClusterStatus): string {
  const here = nodes.filter(({ presence }) => presence === 'here').length
  return here === nodes.length ? '' : `, ${here} of them here`
}

interface Section {
  readonly title: string
  readonly table: TableParts
  /** All there are, those of the table included. */
  readonly count: number
}

function sectionLines({ title, table, count }: Section, style: ReportStyle): readonly string[] {
  const shown = table.rows.slice(0, rowsMax)
  const rows = shown.map((row) => row.map((cell) => oneLine(cell, style.width - 20)))
  const more = count > shown.length ? [` and ${count - shown.length} more, in the JSON`] : []
  return [style.bold(title), plainTable({ ...table, rows }, style), ...more]
}

function nodesSection({ nodes, places, counts }: ClusterStatus): Section | undefined {
  if (nodes.length === 0) return undefined
  const rows = nodes.map((node) => [
    node.name,
    stateOf(node),
    node.status?.health.status ?? '',
    String(places.filter(({ node: holder }) => holder === node.name).length),
    node.status === null ? '' : String(node.status.actors),
    node.status === null ? '' : duration(node.status.uptimeMs),
    node.status === null ? '' : mebibytes(node.status.memory.residentBytes),
    node.session === null ? 'none' : String(node.session),
    node.failure === '' ? troubleOf(node) : node.failure,
  ])
  const heads = ['node', 'state', 'health', 'holds', 'actors', 'up for', 'memory', 'lease', '']
  return { title: 'Nodes', table: { heads, align: 'lllrrrrrl', rows }, count: counts.nodes }
}

/** What an operator wants to know first: whether it is there, and whether it is on its way out. */
function stateOf({ presence, status }: ClusterNode): string {
  return presence === 'here' && status !== null && status.phase !== 'serving' ? status.phase : presence
}

/** Why it is not healthy: the worst that it says of itself. */
function troubleOf({ status }: ClusterNode): string {
  if (status === null || status.health.status === 'healthy') return ''
  return status.health.reasons[0] ?? ''
}

function placesSection({ places, placements, counts }: ClusterStatus): Section | undefined {
  if (places.length === 0) return undefined
  const rows = places.map(({ place, node, fence }) => {
    const offered = placements.find(({ name }) => name === place || place.startsWith(`${name}.`))
    return [place, node ?? 'nobody', String(fence), offered?.terms ?? '', offered?.offeredBy.join(', ') ?? '']
  })
  const heads = ['place', 'held by', 'token', 'placed as', 'offered by']
  return { title: 'Places', table: { heads, align: 'llrll', rows }, count: counts.places }
}

function queuesSection({ queues, counts }: ClusterStatus): Section | undefined {
  if (queues.length === 0) return undefined
  const rows = queues.map((queue) => [queue.name, ...depthCells(queue), String(queue.workers)])
  const heads = ['queue', 'waiting', 'under way', 'dead', 'workers']
  return { title: 'Queues', table: { heads, align: 'lrrrr', rows }, count: counts.queues }
}

function depthCells({ depths }: ClusterQueue): readonly string[] {
  return depths === null ? ['?', '?', '?'] : [depths.waiting, depths.underWay, depths.dead].map(String)
}

function servicesSection({ services, counts }: ClusterStatus): Section | undefined {
  if (services.length === 0) return undefined
  const rows = services.map(({ name, healthy, instances, nodes }) => [
    name,
    `${healthy} of ${instances}`,
    nodes.join(', '),
  ])
  return {
    title: 'Services',
    table: { heads: ['service', 'healthy', 'on'], align: 'lrl', rows },
    count: counts.services,
  }
}

function namesSection({ names, counts }: ClusterStatus): Section | undefined {
  if (names.length === 0) return undefined
  const rows = names.map(({ name, node }) => [name, node])
  return { title: 'Names', table: { heads: ['name', 'on'], align: 'll', rows }, count: counts.names }
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** `8 s`, `12 min`, `3 h`, `4 d`. */
function duration(ms: number): string {
  const seconds = ms / 1_000
  if (seconds < 100) return `${Math.round(seconds)} s`
  if (seconds < 6_000) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`
}
