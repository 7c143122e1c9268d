/** Which metadata become attributes of metrics, and how many different ones: what keeps a metrics store from drowning. */

import type { TelemetryEvent } from '@mabeam/foundation'

/** What takes the place of a value beyond a limit. */
const otherValue = 'other'

export interface AttributeLimitsSettings {
  /** Metadata that are never attributes. */
  readonly omitAttributes: readonly string[]
  /** Different values of one attribute of one event. */
  readonly attributeValuesMax: number
  /** Different combinations of one event, the one made of `other` alone not counted. */
  readonly seriesMax: number
  /** Characters of a value; what is longer is cut. */
  readonly attributeLengthMax: number
  /** Attributes of one event; further ones are left out. */
  readonly attributesMax: number
}

/** A set of attributes, the same object whenever the same values come again. */
export interface SeriesAttributes {
  /** Unique among those of one event. */
  readonly key: string
  readonly values: { readonly [attribute: string]: string }
}

/**
 * Sentences, and what names one thing of many that come and go (a task, an actor without a name): as attributes of metrics they
 * would make a series each. Logs and spans hold them.
 */
export const omittedAttributes: readonly string[] = [
  'actor',
  'child',
  'detail',
  'failure',
  'id',
  'instance',
  'key',
  'message',
  'place',
  'subject',
  'task',
]

interface KnownEvent {
  readonly values: Map<string, Set<string>>
  readonly series: Map<string, SeriesAttributes>
}

export class AttributeLimits {
  readonly #settings: AttributeLimitsSettings
  readonly #omitted: ReadonlySet<string>
  readonly #events = new Map<string, KnownEvent>()
  #others = 0

  constructor(settings: AttributeLimitsSettings) {
    this.#settings = settings
    this.#omitted = new Set(settings.omitAttributes)
  }

  /** How often `other` took the place of a value, or an attribute was left out. */
  get others(): number {
    return this.#others
  }

  /**
   * The attributes of the metrics of an event: its metadata that are texts or true and false. Numbers are identities or
   * measurements and no attributes.
   *
   * Requires: few names of events (`EventMetrics` bounds them).
   */
  of({ name, metadata }: TelemetryEvent): SeriesAttributes {
    let known = this.#events.get(name)
    if (known === undefined) {
      known = { values: new Map(), series: new Map() }
      this.#events.set(name, known)
    }
    const values: { [attribute: string]: string } = {}
    let key = ''
    for (const attribute in metadata) {
      if (this.#omitted.has(attribute)) continue
      const given = metadata[attribute]
      if (typeof given !== 'string' && typeof given !== 'boolean') continue
      const value = this.#bounded(known, attribute, this.#cut(String(given)))
      if (value === undefined) continue
      values[attribute] = value
      key += `${attribute}\u0000${value}\u0001`
    }
    const same = known.series.get(key)
    if (same !== undefined) return same
    if (known.series.size < this.#settings.seriesMax) {
      const series = { key, values }
      known.series.set(key, series)
      return series
    }
    this.#others++
    return allOther([...known.values.keys()])
  }

  #cut(value: string): string {
    const { attributeLengthMax } = this.#settings
    return value.length > attributeLengthMax ? value.slice(0, attributeLengthMax) : value
  }

  #bounded({ values }: KnownEvent, attribute: string, value: string): string | undefined {
    let known = values.get(attribute)
    if (known === undefined) {
      if (values.size >= this.#settings.attributesMax) {
        this.#others++
        return undefined
      }
      known = new Set()
      values.set(attribute, known)
    }
    if (known.has(value)) return value
    if (known.size < this.#settings.attributeValuesMax) {
      known.add(value)
      return value
    }
    this.#others++
    return otherValue
  }
}

function allOther(attributes: readonly string[]): SeriesAttributes {
  const key = attributes.map((attribute) => `${attribute}\u0000${otherValue}\u0001`).join('')
  return { key, values: Object.fromEntries(attributes.map((attribute) => [attribute, otherValue])) }
}
