import type { Attack } from './attack.ts'
import { adaptive } from './attacks/adaptive.ts'
import { badSignatures } from './attacks/bad-signatures.ts'
import { coalition } from './attacks/coalition.ts'
import { equivocation } from './attacks/equivocation.ts'
import { replay } from './attacks/replay.ts'
import { silence } from './attacks/silence.ts'
import { timing } from './attacks/timing.ts'

/** The attacks that ship. */
export const attacks: readonly Attack[] = [silence, equivocation, timing, badSignatures, replay, coalition, adaptive]
