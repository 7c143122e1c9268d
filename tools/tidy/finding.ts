/** What a rule reports. */

export interface Finding {
  /** The rule's name, as CONTRIBUTING.md lists it. */
  readonly rule: string
  /** File, or file and name (`packages/ml/src/study.ts#openStudy`): what an exception is written for. */
  readonly at: string
  /** From 1, where the rule knows it. */
  readonly line?: number
  /** What was expected and what was found. */
  readonly sentence: string
  /** The number that is too large; only such findings can have an exception. */
  readonly measured?: number
}

/** `path:line: [rule] sentence`, as editors link it. */
export function formatFinding({ rule, at, line, sentence }: Finding): string {
  const [file, name] = at.split('#')
  const where = line === undefined ? file : `${file}:${line}`
  return `${where}: [${rule}] ${name === undefined ? '' : `${name}: `}${sentence}`
}
