/** Proof against members that this node has found, for whoever asks, and to be decided on. */

import { findEvidence } from '../audit.ts'
import { hashOf } from '../canonical-bytes.ts'
import { expulsion } from '../committee-change.ts'
import { culpritOf, type Evidence } from '../evidence.ts'
import type { AgreementTerms, Opening } from './opening.ts'
import type { RunningAgreement } from './running-agreement.ts'

/** A piece of evidence, with what it takes to judge it: `verifyEvidence({ agreement: agreementOf(terms), authentication }, evidence)`. */
export interface FoundEvidence {
  /** The member that it convicts. */
  readonly member: string
  readonly evidence: Evidence
  readonly agreement: string
  readonly terms: AgreementTerms
  readonly mode: 'kernel' | 'mac' | 'sig'
}

/** With where its members are. */
export interface Shelved extends FoundEvidence {
  readonly opening: Opening
}

export class EvidenceShelf {
  readonly #evidenceMax: number
  /** By member: one is enough, and it is the newest. */
  readonly #found = new Map<string, Shelved>()

  constructor(evidenceMax: number) {
    this.#evidenceMax = evidenceMax
  }

  /** Looks through what was heard; what it finds of members that it had nothing against is returned. */
  audit(running: RunningAgreement, terms: AgreementTerms): readonly FoundEvidence[] {
    const { verifier, heard, opening, agreement } = running
    const news: FoundEvidence[] = []
    for (const evidence of findEvidence(verifier, heard)) {
      const culprit = culpritOf(verifier, evidence)
      const member = culprit === undefined ? undefined : opening.seats[culprit]?.id
      if (member === undefined) continue
      const found = { member, evidence, agreement: agreement.id, terms, mode: opening.mode, opening }
      if (!this.#found.has(member)) news.push(found)
      this.#found.delete(member)
      if (this.#found.size >= this.#evidenceMax) this.#found.delete(this.#found.keys().next().value ?? '')
      this.#found.set(member, found)
    }
    return news
  }

  list(): readonly FoundEvidence[] {
    return [...this.#found.values()].map(({ opening: _, ...found }) => found)
  }

  find(member: string): Shelved | undefined {
    return this.#found.get(member)
  }

  /** Whether those bytes are the expulsion of somebody whom this node itself has convicted: `kernel` has no other proof. */
  holds(value: Uint8Array): string | undefined {
    const wanted = hashOf(value)
    for (const { evidence, member } of this.#found.values()) {
      if (hashOf(expulsion(evidence)) === wanted) return member
    }
    return undefined
  }
}
