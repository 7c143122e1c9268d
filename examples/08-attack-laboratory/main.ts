/**
 * The attack laboratory: seven attacks, coalitions and mixes against 7 honest members, with 1 to 3 traitors, which is what 7 honest ones
 * tolerate; then one traitor too many. First in simulated worlds, then on a node that runs.
 */

import { parseArgs } from 'node:util'
import { type Attack, attacks } from '@mabeam/coordination/testing'
import Table from 'cli-table3'
import { attackNode, type LaboratoryRow } from './laboratory.ts'
import { attackWorlds, type WorldsRow } from './worlds.ts'

const { values: given } = parseArgs({
  options: {
    seed: { type: 'string', default: '7' },
    worlds: { type: 'string', default: '60' },
    votes: { type: 'string', default: '12' },
    json: { type: 'boolean', default: false },
  },
})
const { seed } = given
const [worlds, votes] = [Number(given.worlds), Number(given.votes)]
if (!(Number.isInteger(worlds) && worlds >= 1 && Number.isInteger(votes) && votes >= 3)) {
  console.error(
    `attack-laboratory: expected --worlds from 1 and --votes from 3, got ${given.worlds} and ${given.votes}`,
  )
  process.exit(2)
}
const honest = 7
const traitorsMax = 3

const simulated: WorldsRow[] = [
  ...attacks.map((attack) => attackWorlds(attack.name, [attack], { seed, worlds, members: honest + traitorsMax })),
  attackWorlds('a mix of all', attacks, { seed, worlds, members: honest + traitorsMax }),
  ...[4, 7].map((members) => {
    const coalition = attacks.filter(({ name }) => name === 'coalition')
    return attackWorlds(`coalition, one too many of ${members}`, coalition, {
      seed,
      worlds: 2 * worlds,
      members,
      overrun: true,
    })
  }),
]

const places = Array.from({ length: traitorsMax }, (_, at) => `traitor-${at + 1}`)
const onNode: LaboratoryRow[] = []
for (const attack of attacks) {
  for (const count of attack.name === 'coalition' ? [2, 3] : [1, traitorsMax]) {
    onNode.push(await attackNode(attack.name, [{ attack, members: places.slice(0, count) }], { seed, honest, votes }))
  }
}
const mixed = (names: readonly string[]) =>
  names.flatMap((name, at) => {
    const attack = attacks.find((one: Attack) => one.name === name)
    return attack === undefined ? [] : [{ attack, members: places.slice(at, at + 1) }]
  })
const mix = mixed(['equivocation', 'silence', 'bad-signatures'])
onNode.push(await attackNode(mix.map(({ attack }) => attack.name).join(' + '), mix, { seed, honest, votes }))
// Figures of the machine, not of the seed: of more votes.
const nobody = await attackNode('none', [], { seed, honest: honest + traitorsMax, votes: 10 * votes })
onNode.push(nobody)

const isSafe = simulated.every(({ violations, undecided }) => violations === 0 && undecided === 0)
const isLive = onNode.every(({ wrong, undecided, falseConvictions }) => wrong + undecided + falseConvictions === 0)

if (given.json) console.log(JSON.stringify({ seed, worlds, votes, simulated, onNode, isSafe, isLive }, undefined, 2))
else {
  console.log(`In ${worlds} simulated worlds each, with a network that is unkind until it stabilises (virtual ms):`)
  print(simulated)
  console.log(
    `\nOn a node in ${votes} votes by signed agreement, then expelled, 3 votes more, and readmitted (virtual ms; CPU in ms of this machine):`,
  )
  print(
    onNode.map(({ attack, honest: good, traitors, right, wrong, undecided }) => ({
      attack,
      honest: good,
      traitors,
      right,
      wrong,
      undecided,
    })),
  )
  print(onNode.map(detection))
  print(onNode.map(recovery))
  const watched = nobody.cpuMs / nobody.cpuMsUnwatched - 1
  console.log(`looking for evidence costs ${(100 * watched).toFixed(0)} % of CPU where nobody attacks`)
  console.log(isSafe && isLive ? 'safe and live throughout' : 'NOT SAFE OR NOT LIVE: see the tables')
}
if (!(isSafe && isLive)) process.exitCode = 1

function detection({ attack, traitors, provenAfterVotes, provenAfterMs, suspectedAfterMs, ...row }: LaboratoryRow) {
  return {
    attack,
    traitors,
    'proof after votes': provenAfterVotes ?? '–',
    'after ms': provenAfterMs ?? '–',
    convicted: row.convicted,
    'suspected after ms': suspectedAfterMs ?? '–',
    suspected: row.suspected,
    'honest convicted': row.falseConvictions,
    'honest suspected': row.falseSuspicions,
    unnoticed: row.unnoticed,
  }
}

function recovery({ attack, traitors, expelled, msBefore, msAfter, readmitted, cpuMs, cpuMsUnwatched }: LaboratoryRow) {
  return {
    attack,
    traitors,
    'ms a vote, first': msBefore,
    expelled,
    'ms a vote, after': msAfter,
    readmitted: readmitted ? 'all' : 'NOT ALL',
    'CPU a vote': cpuMs,
    'without evidence': cpuMsUnwatched,
  }
}

function print(rows: readonly object[]): void {
  const columns = Object.keys(rows[0] ?? {})
  const cell = (value: unknown) => {
    if (typeof value === 'number') return Number.isInteger(value) ? String(value) : value.toFixed(2)
    return value === null || value === undefined ? '–' : String(value)
  }
  const table = new Table({ head: columns, style: { head: [], border: [], compact: true } })
  table.push(...rows.map((row) => columns.map((column) => cell(Reflect.get(row, column)))))
  console.log(table.toString())
}
