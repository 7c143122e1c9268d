/**
 * Networks of this machine's kernel for processes of a test: each namespace has an address of its own on one network, which can be
 * split, blocked in one direction, narrowed and made lossy, beneath TCP. Linux, as root, with `ip` of iproute2.
 *
 * Each has a second line to the test itself (`controlHost`), which no fault touches.
 */

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { commandFailed, notPossibleHere } from '../../errors/process-errors.ts'
import { messageOf } from '../../errors.ts'
import { checkOptions, invalidOption, rule } from '../../options.ts'
import { deathGuard } from '../../processes/death-guard.ts'

const exec = promisify(execFile)

const folders = ['/usr/sbin', '/sbin']

/** These programs are where not everybody's path leads. */
function run(program: string, args: readonly string[]) {
  return exec(program, args, { env: { ...process.env, PATH: [process.env.PATH, ...folders].join(':') } })
}

export interface NetworkNamespacesOptions {
  /** How many: 1 to 60. */
  readonly count: number
}

/** A network that a process can live in. */
export interface NetworkNamespace {
  readonly name: string
  /** Its address on the network that the namespaces share. */
  readonly host: string
  /** Its address for the test. */
  readonly controlHost: string
  /** What starts a program in it, as root. */
  command(program: string, args: readonly string[]): { readonly program: string; readonly args: readonly string[] }
}

/** Disposing removes them; processes that still live in one keep it until they end. Idempotent. */
export interface NetworkNamespaces extends AsyncDisposable {
  readonly all: readonly NetworkNamespace[]
  /** Who is in no group forms one with the others that are in none. Replaces the split there was. */
  partition(groups: readonly (readonly NetworkNamespace[])[]): Promise<void>
  /** What `from` sends to `to` is lost, and only in this direction. */
  block(from: NetworkNamespace, to: NetworkNamespace): Promise<void>
  /** What it sends gets this much room. Rejects with `foundation/not-possible-here` without `tc`. */
  narrow(namespace: NetworkNamespace, bytesPerSec: number): Promise<void>
  /**
   * Of what comes to it this share is lost at random. Rejects with `foundation/not-possible-here` without `iptables` (a kernel's
   * `netem` is seldom there).
   */
  lose(namespace: NetworkNamespace, rate: number): Promise<void>
  /** Undoes all of these. */
  heal(): Promise<void>
}

/**
 * Makes them. Rejects with `foundation/not-possible-here` where that can't be done.
 *
 * @example
 * await using networks = await networkNamespaces({ count: 3 })
 * await networks.partition([[networks.all[0]], networks.all.slice(1)])
 */
export async function networkNamespaces(options: NetworkNamespacesOptions): Promise<NetworkNamespaces> {
  checkOptions('networkNamespaces', options, { count: rule.int(1, 60) })
  await refuseElsewhere()
  const prefix = await freePrefix()
  const names = Array.from({ length: options.count }, (_, i) => `${prefix}-${i + 1}`)
  const dismiss = deathGuard('PATH="$PATH:/usr/sbin:/sbin"; for n in "$@"; do ip netns delete "$n"; done', [
    `${prefix}-switch`,
    ...names,
  ])
  const made = new Made(prefix, names, dismiss)
  try {
    await made.open()
  } catch (thrown) {
    await made[Symbol.asyncDispose]()
    throw thrown
  }
  return made
}

const what = 'networkNamespaces'

async function refuseElsewhere(): Promise<void> {
  const mend = 'run the test on Linux as root, with iproute2 installed, or use faultProxy'
  if (process.platform !== 'linux') throw notPossibleHere(what, `this is ${process.platform}`, mend)
  if (process.getuid?.() !== 0) throw notPossibleHere(what, 'this user may not make networks', mend)
  try {
    await run('ip', ['netns', 'list'])
  } catch {
    throw notPossibleHere(what, 'the program ip is not there or may not make networks', mend)
  }
}

/** One whose switch nobody has: making it is what takes it. */
async function freePrefix(): Promise<string> {
  for (let n = 0; n < 1_000; n++) {
    const prefix = `mb${process.pid.toString(36)}${n.toString(36)}`
    try {
      await run('ip', ['netns', 'add', `${prefix}-switch`])
      return prefix
    } catch (thrown) {
      const said = (thrown as { readonly stderr?: string }).stderr ?? ''
      if (!said.includes('File exists')) {
        throw notPossibleHere(what, said.trim(), 'give this process the right to make network namespaces')
      }
    }
  }
  throw notPossibleHere(what, 'a thousand are open already', 'close some')
}

async function ip(args: readonly string[], program = 'ip'): Promise<void> {
  try {
    await run(program, args)
  } catch (thrown) {
    throw commandFailed([program, ...args].join(' '), (thrown as { readonly stderr?: string }).stderr ?? '', thrown)
  }
}

/** Subnets of control lines, one of four addresses each: two programs at once take different ones. */
async function freeControlNet(): Promise<string> {
  const { stdout } = await run('ip', ['-o', '-4', 'address'])
  for (let k = process.pid % 200; k < 1_000; k++) {
    const net = `10.213.${k % 250}`
    if (!stdout.includes(` ${net}.`)) return net
  }
  throw notPossibleHere(what, 'all addresses of control lines are taken', 'close some')
}

class Made implements NetworkNamespaces {
  readonly #prefix: string
  readonly #names: readonly string[]
  readonly #dismiss: () => void
  #all: readonly NetworkNamespace[] = []
  #bridges = 0
  #undo: (() => Promise<void>)[] = []
  #isClosed = false

  constructor(prefix: string, names: readonly string[], dismiss: () => void) {
    this.#prefix = prefix
    this.#names = names
    this.#dismiss = dismiss
  }

  get all(): readonly NetworkNamespace[] {
    return this.#all
  }

  async open(): Promise<void> {
    const controlNet = await freeControlNet()
    await this.#bridge(0)
    // Together: most of the time goes into the kernel's waiting.
    this.#all = await Promise.all(this.#names.map((name, i) => this.#make(name, i, controlNet)))
  }

  async partition(groups: readonly (readonly NetworkNamespace[])[]): Promise<void> {
    const groupOf = new Map(groups.flatMap((group, i) => group.map((one) => [this.#indexOf(one), i + 1] as const)))
    for (let i = 1; i <= groups.length; i++) await this.#bridge(i)
    for (const [i] of this.#all.entries()) await this.#plug(i, groupOf.get(i) ?? 0)
  }

  async block(from: NetworkNamespace, to: NetworkNamespace): Promise<void> {
    const name = this.#nameOf(from)
    const entry = [this.#all[this.#indexOf(to)]?.host ?? '', 'dev', 'data']
    // An address that nobody has: what goes there is heard by nobody.
    await ip(['-n', name, 'neigh', 'replace', ...entry, 'lladdr', '02:00:00:00:00:01', 'nud', 'permanent'])
    this.#undo.push(() => ip(['-n', name, 'neigh', 'flush', ...entry.slice(1), 'nud', 'permanent']))
  }

  async narrow(namespace: NetworkNamespace, bytesPerSec: number): Promise<void> {
    checkOptions('narrow', { bytesPerSec }, { bytesPerSec: rule.number(1_000) })
    const name = this.#nameOf(namespace)
    const room = ['rate', `${Math.round(bytesPerSec * 8)}bit`, 'burst', '16kb', 'latency', '400ms']
    try {
      await ip(['-n', name, 'qdisc', 'replace', 'dev', 'data', 'root', 'tbf', ...room], 'tc')
    } catch (thrown) {
      throw notPossibleHere('narrow', `tc is not there or can't: ${messageOf(thrown)}`, 'use faultProxy')
    }
    this.#undo.push(() => ip(['-n', name, 'qdisc', 'delete', 'dev', 'data', 'root'], 'tc'))
  }

  async lose(namespace: NetworkNamespace, rate: number): Promise<void> {
    checkOptions('lose', { rate }, { rate: rule.number(0, 1) })
    const name = this.#nameOf(namespace)
    const match = ['INPUT', '-i', 'data', '-m', 'statistic', '--mode', 'random', '--probability', String(rate)]
    const tables = (how: string) => ['netns', 'exec', name, 'iptables', how, ...match, '-j', 'DROP']
    try {
      await ip(tables('-A'))
    } catch (thrown) {
      const mend = 'install iptables, or use faultProxy'
      throw notPossibleHere('lose', `iptables is not there or can't: ${messageOf(thrown)}`, mend)
    }
    this.#undo.push(() => ip(tables('-D')))
  }

  async heal(): Promise<void> {
    const undo = this.#undo
    this.#undo = []
    for (const one of undo) await one()
    await this.partition([])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    const names = [...this.#names, `${this.#prefix}-switch`]
    await Promise.allSettled(names.map((name) => ip(['netns', 'delete', name])))
    this.#dismiss()
  }

  async #make(name: string, i: number, controlNet: string): Promise<NetworkNamespace> {
    const host = `10.214.0.${i + 1}`
    const controlHost = `${controlNet}.${i * 4 + 2}`
    const control = `${this.#prefix}c${i + 1}`
    const at = ['-n', name]
    await ip(['netns', 'add', name])
    await ip([...at, 'link', 'set', 'lo', 'up'])
    const port = ['peer', 'name', `p${i}`, 'netns', `${this.#prefix}-switch`]
    await ip([...at, 'link', 'add', 'data', 'type', 'veth', ...port])
    await ip([...at, 'address', 'add', `${host}/16`, 'dev', 'data'])
    await ip([...at, 'link', 'set', 'data', 'up'])
    await ip(['-n', `${this.#prefix}-switch`, 'link', 'set', `p${i}`, 'up'])
    await this.#plug(i, 0)
    await ip(['link', 'add', control, 'type', 'veth', 'peer', 'name', 'control', 'netns', name])
    await ip(['address', 'add', `${controlNet}.${i * 4 + 1}/30`, 'dev', control])
    await ip(['link', 'set', control, 'up'])
    await ip([...at, 'address', 'add', `${controlHost}/30`, 'dev', 'control'])
    await ip([...at, 'link', 'set', 'control', 'up'])
    const program = folders.map((folder) => `${folder}/ip`).find((file) => existsSync(file)) ?? 'ip'
    return {
      name,
      host,
      controlHost,
      command: (started, args) => ({ program, args: ['netns', 'exec', name, started, ...args] }),
    }
  }

  /** A switch for each group; they are in a namespace of their own, where no rule of the machine touches what they carry. */
  async #bridge(i: number): Promise<void> {
    if (i < this.#bridges) return
    const at = ['-n', `${this.#prefix}-switch`]
    await ip([...at, 'link', 'add', `b${i}`, 'type', 'bridge', 'forward_delay', '0'])
    await ip([...at, 'link', 'set', `b${i}`, 'up'])
    this.#bridges = i + 1
  }

  #plug(i: number, group: number): Promise<void> {
    return ip(['-n', `${this.#prefix}-switch`, 'link', 'set', `p${i}`, 'master', `b${group}`])
  }

  #nameOf(namespace: NetworkNamespace): string {
    return this.#names[this.#indexOf(namespace)] as string
  }

  #indexOf(namespace: NetworkNamespace): number {
    const i = this.#names.indexOf(namespace.name)
    if (i < 0) throw invalidOption(what, 'namespace', 'one of these networks', namespace.name)
    return i
  }
}
