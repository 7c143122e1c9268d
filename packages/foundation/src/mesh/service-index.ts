/** The instances of all services in this process, found by name, capability and metadata. */

import type { Json } from '../errors.ts'
import type { ServiceInstance } from './service-instance.ts'

/** What an instance must be to be found; all of it. */
export interface ServiceQuery {
  /** Of the service. */
  readonly name?: string
  readonly capability?: string
  /** Values that its metadata has under these keys. */
  readonly metadata?: { readonly [key: string]: Json }
}

/** Answers kept until something changes. */
const answersMax = 256

export class ServiceIndex {
  readonly #instances = new Map<string, ServiceInstance>()
  /** By each thing it can be found by. */
  readonly #byTag = new Map<string, Map<string, ServiceInstance>>()
  readonly #answers = new Map<string, readonly ServiceInstance[]>()

  get size(): number {
    return this.#instances.size
  }

  get(id: string): ServiceInstance | undefined {
    return this.#instances.get(id)
  }

  all(): readonly ServiceInstance[] {
    return this.find({})
  }

  put(instance: ServiceInstance): void {
    this.remove(instance.id)
    this.#instances.set(instance.id, instance)
    for (const tag of tagsOf(instance)) {
      const tagged = this.#byTag.get(tag)
      if (tagged === undefined) this.#byTag.set(tag, new Map([[instance.id, instance]]))
      else tagged.set(instance.id, instance)
    }
    this.#answers.clear()
  }

  /** False when there is no such instance. */
  remove(id: string): boolean {
    const instance = this.#instances.get(id)
    if (instance === undefined) return false
    this.#instances.delete(id)
    for (const tag of tagsOf(instance)) {
      const tagged = this.#byTag.get(tag)
      tagged?.delete(id)
      if (tagged?.size === 0) this.#byTag.delete(tag)
    }
    this.#answers.clear()
    return true
  }

  /** By id. The array is the same until something changes. */
  find(query: ServiceQuery): readonly ServiceInstance[] {
    const tags = tagsOfQuery(query)
    const asked = tags.join('\n')
    const known = this.#answers.get(asked)
    if (known !== undefined) return known
    const sets = tags.map((tag) => this.#byTag.get(tag) ?? new Map<string, ServiceInstance>())
    const [smallest = this.#instances, ...others] = sets.sort((a, b) => a.size - b.size)
    const found = [...smallest.values()].filter((one) => others.every((set) => set.has(one.id)))
    const answer = Object.freeze(found.sort((a, b) => (a.id < b.id ? -1 : 1)))
    if (this.#answers.size >= answersMax) this.#answers.clear()
    this.#answers.set(asked, answer)
    return answer
  }
}

function tagsOf(instance: ServiceInstance): readonly string[] {
  return [
    `name ${instance.service}`,
    ...instance.capabilities.map((one) => `capability ${one}`),
    ...Object.entries(instance.metadata).map(metadataTag),
  ]
}

function tagsOfQuery(query: ServiceQuery): readonly string[] {
  const tags: string[] = []
  if (query.name !== undefined) tags.push(`name ${query.name}`)
  if (query.capability !== undefined) tags.push(`capability ${query.capability}`)
  return [...tags, ...Object.entries(query.metadata ?? {}).map(metadataTag)]
}

function metadataTag([key, value]: readonly [string, Json]): string {
  return `metadata ${JSON.stringify([key, sorted(value)])}`
}

/** The same text for the same value, in whatever order its keys came. */
function sorted(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(sorted)
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sorted(one)]),
  )
}
