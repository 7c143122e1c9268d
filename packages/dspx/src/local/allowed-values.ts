/**
 * The values that a prompt allows for a field, from the ways in which people and tools write them: `one of: a, b`,
 * `"a" | "b"`, `Literal['a', 'b']`, `enum: [...]`, a list with bullets, `<labels>…</labels>`.
 */

/** Values a list may hold; longer ones are not a list of labels. */
const valuesMax = 500
const valueLengthMax = 60

/**
 * The first list of allowed values in a piece of a prompt; `undefined` where it has none.
 *
 * @example allowedValuesIn('team: one of billing, tech or sales') // => ['billing', 'tech', 'sales']
 */
export function allowedValuesIn(text: string): readonly string[] | undefined {
  for (const read of [literalValues, enumValues, quotedAlternatives, phraseValues, bareAlternatives, tagValues]) {
    const values = read(text)
    if (values !== undefined) return values
  }
  return undefined
}

function literalValues(text: string): readonly string[] | undefined {
  const match = /Literal\[([^\]]+)\]/.exec(text)
  return match ? accepted(quotedItems(match[1] as string)) : undefined
}

function enumValues(text: string): readonly string[] | undefined {
  const match = /\benum\b["']?\s*[:=(]?\s*\[([^\]]+)\]/i.exec(text)
  return match ? accepted(listItems(match[1] as string)) : undefined
}

function quotedAlternatives(text: string): readonly string[] | undefined {
  const match = /(["'`])[^"'`\n]{1,60}\1(?:\s*(?:\||,? or )\s*\1[^"'`\n]{1,60}\1)+/.exec(text)
  return match ? accepted(quotedItems(match[0])) : undefined
}

function bareAlternatives(text: string): readonly string[] | undefined {
  const match = /[\w-]+(?:[ \t]*\|[ \t]*[\w-]+)+/.exec(text)
  return match ? accepted(match[0].split('|')) : undefined
}

function phraseValues(text: string): readonly string[] | undefined {
  for (const match of text.matchAll(listPhrase)) {
    const after = text.slice(match.index + match[0].length)
    const line = (/^[^\n]*/.exec(after) as RegExpExecArray)[0].trim()
    const values = accepted(line === '' ? bulletItems(after) : listItems(untilListEnds(line)).map(headOf))
    if (values !== undefined) return values
  }
  return undefined
}

function tagValues(text: string): readonly string[] | undefined {
  const block = /<(labels|classes|categories|options|values|choices)>([\s\S]*?)<\/\1>/i.exec(text)
  const inner = block?.[2]
  const items = [...(inner ?? text).matchAll(/<(label|class|category|option|value|choice)>([^<\n]+)<\/\1>/gi)]
  if (items.length > 1) return accepted(items.map((item) => item[2] as string))
  if (inner === undefined) return undefined
  return accepted(inner.includes('\n') ? inner.trim().split('\n') : listItems(inner))
}

const listPhrase =
  /\b(?:(?:exactly )?one of(?: the following| these)?(?: [\p{L}]+)?|choose (?:one )?(?:from|between|among)|either|(?:allowed |possible |valid )?(?:labels|classes|categories|options|values|choices|domains|intents|topics)(?: are| is)?|(?:classify|label|categori[sz]e|sort)(?: [\p{L}]+){0,6} (?:as|into))(?: \((?:[^()\n]*)\))?(?:[ \t]*:[ \t]*|[ \t]+(?=[\p{L}"'`[(]))/giu

/** A list in a sentence ends with the sentence or with the bracket it stands in. */
function untilListEnds(line: string): string {
  const bracketed = /^\[([^\]]*)\]|^\(([^)]*)\)/.exec(line)
  if (bracketed) return (bracketed[1] ?? bracketed[2]) as string
  const sentence = line.replace(/\)[\s\S]*$/, '').replace(/[.?!](?:\s[\s\S]*)?$/, '')
  const beforeColon = sentence.split(/:\s/)[0] as string
  return /[,;|]|\sor\s/.test(beforeColon) ? beforeColon : sentence
}

function bulletItems(text: string): string[] {
  const items: string[] = []
  for (const line of text.replace(/^\s*\n/, '').split('\n')) {
    const match = /^\s*(?:[-*•]|\d+[.)])\s+(.+)$/.exec(line)
    if (!match) break
    items.push(headOf(match[1] as string))
  }
  return items
}

/** A bullet such as `billing: money and invoices` names the value first. */
function headOf(item: string): string {
  return item.split(/:\s|\s[-–—]\s|\s\(|=|→|->/)[0] as string
}

function quotedItems(text: string): string[] {
  return [...text.matchAll(/(["'`])(.+?)\1/g)].map((match) => match[2] as string)
}

function listItems(text: string): string[] {
  if (/^\s*["'`]/.test(text) && /["'`]\s*[,;|]/.test(text)) return quotedItems(text)
  const separator = text.includes(';') ? /;/ : text.includes('|') ? /\|/ : /\s*,\s*(?:(?:or|and)\s+)?|\s+(?:or|and)\s+/
  return text.split(separator)
}

function accepted(items: readonly string[]): readonly string[] | undefined {
  const values = [
    ...new Set(
      items.map((item) =>
        item
          .trim()
          .replace(/^["'`*<[]+|["'`*>\].]+$/g, '')
          .trim(),
      ),
    ),
  ]
  const plausible = values.filter((value) => value.length > 0 && value.length <= valueLengthMax)
  const good = plausible.length === values.length && values.every((value) => value.split(/\s+/).length <= 5)
  return good && values.length > 1 && values.length <= valuesMax ? values : undefined
}
