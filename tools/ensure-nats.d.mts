/** What `ensure-nats.mjs` gives to programs that are checked. */

export function ensureNats(options?: {
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv
  /** Told what it does. @default standard error */
  readonly say?: (line: string) => void
}): string
