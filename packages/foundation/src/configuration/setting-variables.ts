/** Options in variables of the environment: `MABEAM_MAILBOX_CAPACITY=5000`, `MABEAM_THREADS__HEAP_BYTES_MAX=…`. */

import { invalidOption, unknownName } from '../options.ts'
import { isKubernetes, type Variables } from './environment.ts'
import { checkSetting, type SettingKey, type Settings, settingFromText, settingKeys } from './node-setting.ts'
import { type Profile, profileRule } from './profile.ts'

const prefix = 'MABEAM_'
const source = 'environment'

/** Variables of that beginning that are not options of a node; one that ends in `*` stands for all that begin so. */
const reservedVariables: readonly string[] = [
  'MABEAM_HOME',
  'MABEAM_SEED',
  'MABEAM_NATS_*',
  'MABEAM_COMPATIBLE_*',
  'MABEAM_SERVE_*',
  'MABEAM_SIM_*',
  'MABEAM_TEST_*',
]

/** Variables with a shorter name than that of their option. */
const shortNames: { readonly [variable: string]: SettingKey } = { MABEAM_SECRET: 'security.secret' }

/** The variable of an option: `threads.heapBytesMax` is `MABEAM_THREADS__HEAP_BYTES_MAX`. */
export function variableOf(key: SettingKey): string {
  const words = key.split('.').map((part) => part.replace(/[A-Z]/g, '_$&').toUpperCase())
  return prefix + words.join('__')
}

/**
 * The options the variables name, each read by its type and checked.
 *
 * Throws `foundation/invalid-option`, and `foundation/unknown-name` for a variable that begins with `MABEAM_`, is no option
 * and not reserved.
 */
export function settingsOfVariables(variables: Variables): Settings & { readonly profile?: Profile } {
  const byName = new Map([...settingKeys.map((key) => [variableOf(key), key] as const), ...Object.entries(shortNames)])
  const found: { [K in SettingKey]?: unknown } & { profile?: Profile } = {}
  for (const name of Object.keys(variables).sort()) {
    const text = variables[name]
    if (text === undefined || !name.startsWith(prefix) || isReserved(name, variables)) continue
    const key = byName.get(name)
    if (key !== undefined) {
      const value = settingFromText(key, text)
      checkSetting(key, value, { source, key: name })
      found[key] = value
    } else if (name === 'MABEAM_PROFILE') {
      if (!profileRule.test(text)) throw invalidOption(source, name, profileRule.expected, text)
      found.profile = text as Profile
    } else throw unknownName(source, 'variable', name, ['MABEAM_PROFILE', ...byName.keys()])
  }
  return found
}

function isReserved(name: string, variables: Variables): boolean {
  const isListed = reservedVariables.some((one) =>
    one.endsWith('*') ? name.startsWith(one.slice(0, -1)) : name === one,
  )
  return isListed || (isKubernetes(variables) && serviceLink.test(name))
}

/** What Kubernetes puts into every pod for a Service called `mabeam` or `mabeam-…`: nobody wrote these. */
const serviceLink = /_SERVICE_(HOST|PORT(_\w+)?)$|_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?$/
