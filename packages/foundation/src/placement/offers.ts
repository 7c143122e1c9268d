/** Who offers to run the places of a placement, as the claims say. */

import type { Claims } from '../leases/claims.ts'

/** Names of the nodes that offer it and whose session is alive. */
export function offeringNodes(claims: Claims, placement: string): readonly string[] {
  const offers = claims.under(`offer.${placement}.`)
  return offers.filter(({ key }) => claims.standing(key) === 'held').map(({ node }) => node)
}

/** The placement that a place is of, by its key. */
export function placementOf(key: string): string {
  return key.split('.')[0] as string
}
