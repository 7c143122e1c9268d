/** Who decides with whom: a tree whose leaves are participants, drawn at random or given. */

import { invalidOption, type Random, unknownName } from '@mabeam/foundation'
import { cyclicHierarchy, invalidHierarchy } from '../errors/deliberation-errors.ts'

/** A cluster of participants or of clusters. */
export interface Cluster {
  readonly name: string
  /** 1 for clusters of participants only; one more than the highest below it. */
  readonly level: number
  /** Names of participants and of clusters. */
  readonly members: readonly string[]
}

/** Clusters by name, each after those below it; the last one is the root. */
export type ClusterTree = ReadonlyMap<string, Cluster>

/** A hierarchy as a user gives it: what each cluster consists of, participants or other clusters. */
export interface Hierarchy {
  readonly [cluster: string]: readonly string[]
}

interface Building {
  readonly hierarchy: Hierarchy
  readonly tree: Map<string, Cluster>
}

/** Characters of a cluster's name at most: names of asks are made of it. */
const nameLengthMax = 256

/** Levels of a tree at most. */
export const levelsMax = 32

/**
 * Clusters of `size` or a little less, and clusters of those, up to one.
 *
 * Requires: at least one participant, `size >= 2` where there are more than one.
 * Ensures: each participant in one cluster; sizes of one level differ by at most 1; the same draws give the same tree.
 */
export function drawnTree(participants: readonly string[], size: number, random: Random): ClusterTree {
  const tree = new Map<string, Cluster>()
  let names: readonly string[] = random.shuffle(participants)
  for (let level = 1; level === 1 || names.length > 1; level++) {
    const clusters = Math.ceil(names.length / size)
    const above: string[] = []
    for (let place = 0; place < clusters; place++) {
      const [from, to] = [place, place + 1].map((at) => Math.floor((at * names.length) / clusters))
      const name = clusters === 1 ? 'root' : `level-${level}-cluster-${place + 1}`
      tree.set(name, { name, level, members: names.slice(from, to) })
      above.push(name)
    }
    names = above
  }
  return tree
}

/**
 * The tree of a hierarchy that was given.
 *
 * Ensures: every participant in exactly one cluster, one root.
 * Throws: `coordination/cyclic-hierarchy`, which names the cycle; `coordination/invalid-hierarchy`; `foundation/unknown-name`.
 */
export function givenTree(owner: string, hierarchy: Hierarchy, participants: readonly string[]): ClusterTree {
  checkMembers(owner, hierarchy, new Set(participants))
  const parents = parentsOf(hierarchy)
  const tree = new Map<string, Cluster>()
  for (const name of Object.keys(hierarchy)) build(name, { hierarchy, tree }, [])
  const missing = participants.find((id) => !parents.has(id))
  if (missing !== undefined) throw invalidHierarchy(missing, 'each participant in a cluster')
  const roots = [...tree.keys()].filter((name) => !parents.has(name))
  if (roots.length !== 1)
    throw invalidHierarchy(roots[1] ?? '', `one cluster above all others, beside ${roots[0] ?? 'none'}`)
  return tree
}

function checkMembers(owner: string, hierarchy: Hierarchy, participants: ReadonlySet<string>): void {
  const clusters = Object.keys(hierarchy)
  if (clusters.length === 0) throw invalidOption(owner, 'hierarchy', 'at least one cluster', hierarchy)
  for (const [name, members] of Object.entries(hierarchy)) {
    if (name === '' || name.includes('/') || name.length > nameLengthMax) {
      throw invalidHierarchy(name.slice(0, nameLengthMax), `a name of 1 to ${nameLengthMax} characters without "/"`)
    }
    if (participants.has(name)) throw invalidHierarchy(name, 'names of clusters that are no names of participants')
    if (!Array.isArray(members) || members.length === 0) throw invalidHierarchy(name, 'at least one member')
    for (const member of members) {
      if (!participants.has(member) && !Object.hasOwn(hierarchy, member)) {
        throw unknownName(owner, `member of ${JSON.stringify(name)}`, String(member), [...participants, ...clusters])
      }
    }
  }
}

function parentsOf(hierarchy: Hierarchy): ReadonlyMap<string, string> {
  const parents = new Map<string, string>()
  for (const [name, members] of Object.entries(hierarchy)) {
    for (const member of members) {
      const other = parents.get(member)
      // A cycle may be what is behind it, and says more.
      if (other !== undefined) {
        build(name, { hierarchy, tree: new Map() }, [])
        throw invalidHierarchy(
          member,
          `it in one cluster, got it in ${JSON.stringify(other)} and ${JSON.stringify(name)}`,
        )
      }
      parents.set(member, name)
    }
  }
  return parents
}

/** Adds a cluster after those below it; `above` are those it is a part of. */
function build(name: string, { hierarchy, tree }: Building, above: readonly string[]): number {
  const known = tree.get(name)
  if (known !== undefined) return known.level
  if (above.includes(name)) throw cyclicHierarchy([...above.slice(above.indexOf(name)), name])
  const tooHigh = () => invalidHierarchy(name, `at most ${levelsMax} levels`)
  if (above.length >= levelsMax) throw tooHigh()
  const members = hierarchy[name] ?? []
  const below = members.filter((member) => Object.hasOwn(hierarchy, member))
  const levels = below.map((member) => build(member, { hierarchy, tree }, [...above, name]))
  const level = 1 + Math.max(0, ...levels)
  // Those below may have been built before, from where they were not deep.
  if (level > levelsMax) throw tooHigh()
  tree.set(name, { name, level, members })
  return level
}
