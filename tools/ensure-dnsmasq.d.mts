/** What `ensure-dnsmasq.mjs` gives to programs that are checked. */

export function ensureDnsmasq(options?: {
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv
  /** Told what it does. @default standard error */
  readonly say?: (line: string) => void
  /** Looked at after the path. @default those for the administrator */
  readonly folders?: readonly string[]
}): string
