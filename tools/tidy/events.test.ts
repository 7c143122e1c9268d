import { expect, test } from 'vitest'
import { eventFindings } from './events.ts'
import { sourceOf } from './source.ts'

const port = `export interface Telemetry { emit(event: { name: string; measurements: object; metadata: object }): void }`

/** Rules and sentences for a package of these sources whose events.md lists those events. */
function findings(files: { readonly [file: string]: string }, listed: readonly string[]) {
  const rows = listed.map((name) => `| \`${name}\` | \`count\` | | now |`)
  const sources = Object.entries({ 'port.ts': port, ...files }).map(([file, text]) =>
    sourceOf(`packages/ml/src/${file}`, text),
  )
  const found = eventFindings([...sources, sourceOf('packages/ml/events.md', ['# Events', ...rows].join('\n'))])
  return found.map(({ rule, at, line, sentence }) => `${rule} ${at.replace('packages/ml/', '')}:${line} ${sentence}`)
}

const emits = (name: string) => `telemetry.emit({ name: ${name}, measurements: {}, metadata: {} })`
/** A name put together from a variable. */
const ofMl = (variable: string) => `\`ml.$\{${variable}}\``
const given = `import type { Telemetry } from './port.ts'; declare const telemetry: Telemetry;`

test('finds what is emitted and not listed, and what is listed and not emitted', () => {
  const files = { 'a.ts': `${given}\n${emits("'ml.trial-told'")}` }
  expect(findings(files, ['ml.trial-told'])).toEqual([])
  expect(findings(files, ['ml.trial-asked'])).toEqual([
    'event-listed src/a.ts:2 emits ml.trial-told, which packages/ml/events.md does not list',
    'event-emitted events.md:2 lists ml.trial-asked, which no source of the package emits',
  ])
})

test('follows a name to what a function is handed', () => {
  const inner = `${given} function tell(event: string) { ${emits(ofMl('event'))} }`
  expect(findings({ 'a.ts': `${inner} tell('one-told'); tell(Math ? 'two-told' : 'three-told')` }, [])).toHaveLength(3)
  const outer = `${inner} const say = (what: string, more: object) => tell(what); say('four-told', {})`
  expect(findings({ 'a.ts': outer }, ['ml.four-told'])).toEqual([])
})

test('follows a name through methods, private ones, members of contracts and other files', () => {
  const shop = `
    ${given}
    export interface Desk { tell(event: string): void }
    export class Shop implements Desk { tell(name: string) { this.#emit(name) }
      #emit(name: string) { ${emits(ofMl('name'))} } }
    export const desk: Desk = { tell: (event) => { ${emits(ofMl('event'))} } }`
  const user = `
    import { type Desk, Shop, desk } from './shop.ts'
    class User { readonly #shop = new Shop(); run() { this.#shop.tell('shop-told') } }
    function use(given: Desk) { given.tell('desk-told') }
    interface Event { readonly type: 'a-told' | 'b-told' }
    export function each(events: readonly Event[]) { for (const { type } of events) desk.tell(type) }`
  const names = ['ml.shop-told', 'ml.desk-told', 'ml.a-told', 'ml.b-told']
  expect(findings({ 'shop.ts': shop, 'user.ts': user }, names)).toEqual([])
})

test('says where a name can not be told', () => {
  const files = {
    'a.ts': `${given} declare const word: string;\n${emits('word')}\n${emits(`${ofMl('word').slice(0, -1)}-told\``)}`,
  }
  expect(findings(files, [])).toEqual([
    'event-name src/a.ts:2 expected an event name made of literals, got word',
    `event-name src/a.ts:3 expected an event name made of literals, got ${ofMl('word').slice(0, -1)}-told\``,
  ])
})

test('does not look at tests and fixtures, nor at objects that are no events', () => {
  const text = `${given} ${emits("'ml.x-told'")}`
  expect(findings({ 'a.test.ts': text, 'b.fixture.ts': text, 'c.ts': `const a = { name: 'ml.y' }` }, [])).toEqual([])
})
