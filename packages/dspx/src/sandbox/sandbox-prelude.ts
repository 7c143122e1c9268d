/**
 * The code that runs in a sandbox before any other: it takes what it needs of the language for itself, so that nothing that
 * later code replaces (`JSON`, `Promise.prototype.then`, `Object.prototype`) changes what crosses the border.
 */

/**
 * An expression: a function of the native functions `send(name, json)`, which gives a promise of JSON, and `print(text)`, of the
 * names of host functions, the time and the seed. It gives `text(value)`: JSON of any value, or undefined.
 */
export const sandboxPrelude = `(function (send, print, names, nowMs, seed) {
  'use strict'
  const { stringify, parse } = JSON
  const { defineProperty, fromEntries, freeze } = Object
  const { apply, construct } = Reflect
  const { isArray, from } = Array
  const { isSafeInteger } = Number
  const { then } = Promise.prototype
  const { entries: mapEntries } = Map.prototype
  const { values: setValues } = Set.prototype
  const { join } = Array.prototype
  const IsMap = Map, IsSet = Set, text = String, number = Number, IsError = Error, RealDate = Date

  function plain(key, value) {
    if (typeof value === 'bigint') return isSafeInteger(number(value)) ? number(value) : text(value)
    if (typeof value !== 'object' || value === null) return value
    if (value instanceof IsMap) return fromEntries(from(apply(mapEntries, value, [])))
    if (value instanceof IsSet) return from(apply(setValues, value, []))
    if (value instanceof IsError) return { name: value.name, message: value.message }
    return value
  }
  const json = (value) => stringify(value, plain)
  const shown = (value) => {
    if (typeof value === 'string') return value
    if (value instanceof IsError) return text(value)
    try {
      return json(value) ?? text(value)
    } catch {
      return text(value)
    }
  }

  for (let i = 0; i < names.length; i++) {
    const name = names[i]
    const host = (...given) => apply(then, send(name, json(given)), [(answer) => (answer === undefined ? undefined : parse(answer))])
    defineProperty(host, 'name', { value: name })
    defineProperty(globalThis, name, { value: freeze(host), enumerable: true })
  }

  const write = (...given) => {
    const parts = []
    for (let i = 0; i < given.length; i++) parts[i] = shown(given[i])
    print(apply(join, parts, [' ']) + '\\n')
  }
  defineProperty(globalThis, 'print', { value: write })
  defineProperty(globalThis, 'console', { value: freeze({ log: write, info: write, warn: write, error: write, debug: write }) })

  let state = seed >>> 0
  defineProperty(Math, 'random', {
    value: () => {
      state = (state + 0x6d2b79f5) | 0
      let t = state
      t = ((t >>> 15) ^ t) * (t | 1) | 0
      t ^= t + ((t ^ (t >>> 7)) * (t | 61) | 0)
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296
    },
  })
  const SeenDate = function Date(...given) {
    if (!new.target) return text(new RealDate(nowMs))
    return construct(RealDate, given.length === 0 ? [nowMs] : given, new.target)
  }
  SeenDate.prototype = RealDate.prototype
  SeenDate.UTC = RealDate.UTC
  SeenDate.parse = RealDate.parse
  SeenDate.now = () => nowMs
  defineProperty(RealDate.prototype, 'constructor', { value: SeenDate })
  defineProperty(globalThis, 'Date', { value: SeenDate })
  delete globalThis.performance

  return json
})`
