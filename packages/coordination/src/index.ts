export {
  type AgentRequest,
  agentRequests,
  type Question,
  type RequestAnswer,
  type RequestInput,
} from './agents/agent-request.ts'
export { type AgentRef, agents, type TeamEntry } from './agents/agents.ts'
export { type CheckedAnswer, checkedAnswer } from './agents/checked-answer.ts'
export {
  type AgentSpec,
  defineAgent,
  type RequestCalls,
  type RequestHandler,
  type RequestHandlers,
} from './agents/define-agent.ts'
export type { Team, TeamMember } from './agents/team.ts'
export {
  type AuctionOptions,
  type AuctionResult,
  auction,
} from './auctions/auction.ts'
export { type AuctionKind, auctionKinds } from './auctions/auction-kinds.ts'
export type { Awarded, NoSale } from './auctions/auction-outcome.ts'
export { type AuctionSpec, auctionDefaults } from './auctions/auction-spec.ts'
export { type Award, auctionBidsMax, auctionItemsMax, type Bid, bidAmountMax } from './auctions/bid.ts'
export type { BidRefusal, RefusedBids } from './auctions/bid-admission.ts'
export {
  type DoubleBook,
  type DoubleClearing,
  kPrice,
  mcAfee,
  type Order,
  type Trade,
} from './auctions/double-auction.ts'
export {
  type AwardUndecided,
  type BundlesAwarded,
  type CombinatorialSpec,
  combinatorialAuction,
  combinatorialDefaults,
} from './auctions/kinds/combinatorial.ts'
export { type DoubleSpec, doubleAuction, doubleDefaults, type NoTrade, type Traded } from './auctions/kinds/double.ts'
export { type DutchSpec, dutchAuction, dutchCallsMax, dutchDefaults } from './auctions/kinds/dutch.ts'
export { type EnglishAwarded, type EnglishSpec, englishAuction, englishDefaults } from './auctions/kinds/english.ts'
export {
  firstPriceAuction,
  type SealedBidSpec,
  sealedBidDefaults,
  secondPriceAuction,
} from './auctions/kinds/sealed-bid.ts'
export { firstPrice, type SealedPricing, type SealedSale, vickrey } from './auctions/sealed-sale.ts'
export {
  type BranchAndBoundOptions,
  branchAndBound,
  branchAndBoundDefaults,
} from './auctions/solvers/branch-and-bound.ts'
export { bySize, triedBidsMax } from './auctions/solvers/by-size.ts'
export { type HighsOptions, type HighsThread, highsDefaults, openHighs } from './auctions/solvers/highs.ts'
export type { TieRanks, TieRule } from './auctions/tie-order.ts'
export { type OwnedProblem, type VcgResult, vcg } from './auctions/vickrey-clarke-groves.ts'
export {
  type ProblemBid,
  type SolveOptions,
  solveDefaults,
  type WinnerProblem,
  type WinnerSolution,
  type WinnerSolver,
  winnerSolution,
} from './auctions/winner-determination.ts'
export { type ByzantineTeam, byzantineCollector } from './byzantine/runtime/byzantine-collector.ts'
export { verifyAskCertificate } from './byzantine/runtime/decided-ask.ts'
export type { FoundEvidence } from './byzantine/runtime/evidence-shelf.ts'
export { type HostNode, type ReplicaHostOptions, replicaHostDefaults } from './byzantine/runtime/host-options.ts'
export {
  type Agreed,
  type ChangeOptions,
  type HostStats,
  openReplicaHost,
  type ReplicaHost,
} from './byzantine/runtime/replica-host.ts'
export { chancesOfBest, type RateSeen, rateAt } from './conflicts/beta-posterior.ts'
export { type Claim, type Conflict, claimsMax, type DetectionOptions, findConflicts } from './conflicts/claim.ts'
export type { ConflictStrategy, ConflictVerdict } from './conflicts/conflict-strategy.ts'
export {
  type PassedStrategy,
  type Resolution,
  type ResolutionOptions,
  resolveConflict,
  strategiesMax,
} from './conflicts/resolution.ts'
export {
  newRecord,
  type RecordOptions,
  type ResolutionOutcome,
  type ResolutionRecord,
  readRecord,
  recordDefaults,
  recordOutcome,
} from './conflicts/resolution-record.ts'
export { byAuction, type ConflictSale } from './conflicts/strategies/auction.ts'
export { byLastWrite } from './conflicts/strategies/last-write.ts'
export {
  byLearned,
  type LearnedOptions,
  type LearnedStanding,
  learnedDefaults,
  learnedStandings,
} from './conflicts/strategies/learned.ts'
export {
  byMerge,
  type Merge,
  mergeKeys,
  mergeLargest,
  mergeSmallest,
  mergeUnion,
} from './conflicts/strategies/merge.ts'
export { byPriority } from './conflicts/strategies/priority.ts'
export { byVote, type ConflictQuestion, type ConflictVote } from './conflicts/strategies/vote.ts'
export { type Coordination, type CoordinationOptions, coordination, type SessionStart } from './coordination.ts'
export {
  type AdaptiveFigures,
  type AdaptiveOutcome,
  adaptiveProtocol,
} from './deliberation/adaptive.ts'
export {
  type AdaptiveSpec,
  type AdaptiveTriggers,
  adaptiveTriggerDefaults,
  modesMax,
} from './deliberation/adaptive-spec.ts'
export { type AdaptiveTrigger, type Downgrade, type ModeAttempt, opinionsMax } from './deliberation/adaptive-turn.ts'
export {
  type Assessment,
  type BallotContest,
  reasonCharactersMax,
  reasonsMax,
  type Stance,
  type StandingValue,
  standingMax,
  type WeighedStance,
} from './deliberation/ballot-contest.ts'
export { type ClusterSizeQuestion, captureProbability, clusterSizeFor } from './deliberation/cluster-capture.ts'
export {
  type Cluster,
  type ClusterTree,
  drawnTree,
  givenTree,
  type Hierarchy,
  levelsMax,
} from './deliberation/cluster-tree.ts'
export { type DiscreteContestOptions, discreteContest } from './deliberation/contests/discrete-contest.ts'
export { type NumericContestOptions, numericContest } from './deliberation/contests/numeric-contest.ts'
export { type TextContestOptions, textContest } from './deliberation/contests/text-contest.ts'
export { type Delegations, delegatedWeights } from './deliberation/delegated-weights.ts'
export {
  type ClusterReport,
  type HierarchicalOutcome,
  type HierarchyFigures,
  hierarchicalProtocol,
} from './deliberation/hierarchical.ts'
export {
  type HierarchicalSpec,
  hierarchicalDefaults,
  type InnerProtocols,
  type KindSpec,
} from './deliberation/hierarchical-spec.ts'
export type { ClusterProgress, Escalation } from './deliberation/hierarchy-turn.ts'
export {
  type IterativeOutcome,
  iterativeProtocol,
  type RefinementFigures,
  type RefinementProgress,
} from './deliberation/iterative.ts'
export {
  type IterativeSpec,
  iterativeDefaults,
  refinementRoundsMax,
  textParticipantsMax,
} from './deliberation/iterative-spec.ts'
export {
  beginNested,
  closeNested,
  type Nested,
  type NestedBeginning,
  type NestedCommand,
  type NestedTurn,
  nestedTasks,
  stepNested,
} from './deliberation/nested-protocol.ts'
export type { WeightsById } from './deliberation/participant-weights.ts'
export {
  type RefinementStatus,
  type RoundMark,
  refinementStop,
  type StopLimits,
} from './deliberation/refinement-stop.ts'
export type { Mandate, RepresentativeContext, RepresentativeFailure } from './deliberation/seat-asks.ts'
export { tokenSimilarity, tokensMax, tokensOf } from './deliberation/token-similarity.ts'
export {
  spreadOf,
  trimmedValues,
  type WeightedValue,
  weightedMean,
  weightedMedian,
} from './deliberation/trimmed-values.ts'
export { valueKey, valueKeyMax } from './deliberation/value-key.ts'
export type { AgentRecord } from './insight/agent-record.ts'
export { giniIndex, jainIndex, type Spread } from './insight/concentration.ts'
export type { CoordinationEfficiency } from './insight/coordination-efficiency.ts'
export type {
  CoordinationFairness,
  CoordinationReport,
  ReportedAgent,
  ReportedProtocol,
} from './insight/coordination-report.ts'
export type { DecisionQuality, ForecastQuality } from './insight/decision-quality.ts'
export {
  coordinationReport,
  type Insight,
  insight,
  type Learned,
  type ReportQuery,
  reportDefaults,
} from './insight/insight.ts'
export { coordinationReportTable } from './insight/report-table.ts'
export { type Assignment, assignment, assignmentMax, assignmentValueMax } from './markets/assignment.ts'
export type { Level, RestingOrder } from './markets/book-level.ts'
export {
  type BoughtBundle,
  type BundleClearing,
  type BundleOffers,
  bundleExchangeProblem,
  type SoldUnits,
  settleBundles,
} from './markets/bundle-exchange.ts'
export { type CesPreference, cesDemand } from './markets/ces-demand.ts'
export {
  type Clearing,
  type ClearingOptions,
  clearingDefaults,
  type DemandSide,
  equilibriumResidual,
  marketCellsMax,
} from './markets/clearing.ts'
export { type ExchangeEquilibrium, type ExchangeMarket, exchangeEquilibrium } from './markets/exchange-market.ts'
export { type FisherEquilibrium, fisherEquilibrium } from './markets/fisher-market.ts'
export { type ByGood, exchangeCellsMax, type GoodsGiven, goodsMax, sessionCellsMax } from './markets/goods.ts'
export { largestRemainder } from './markets/largest-remainder.ts'
export { type MarketOptions, type MarketResult, market } from './markets/market.ts'
export { type MarketKind, marketKinds } from './markets/market-kinds.ts'
export {
  type BookInput,
  type BookRefusal,
  bestPrice,
  newOrderBook,
  type Order as BookOrder,
  type OrderBook,
  type OrderBookOptions,
  orderBookDefaults,
  orderBookStep,
  restingOrders,
  type SelfTrade,
  type Side,
} from './markets/order-book.ts'
export type { BookEvent } from './markets/order-match.ts'
export { type Bidders, type Bids, respond } from './markets/proportional-response.ts'
export {
  type AssignmentOutcome,
  type AssignmentSpec,
  assignmentDefaults,
  assignmentMarket,
  valuesStatement,
} from './markets/protocols/assignment.ts'
export {
  type ExchangeCleared,
  type ExchangeOutcome,
  type ExchangeSpec,
  exchange,
  exchangeDefaults,
  exchangeStatement,
} from './markets/protocols/exchange.ts'
export {
  type FisherCleared,
  type FisherOutcome,
  type FisherSpec,
  fisher,
  fisherDefaults,
  utilitiesStatement,
} from './markets/protocols/fisher.ts'
export type { ClearedMarket, UnclearedMarket } from './markets/protocols/market-outcome.ts'
export {
  type MatchingOutcome,
  type MatchingSpec,
  matching,
  matchingDefaults,
  matchingSideMax,
} from './markets/protocols/matching.ts'
export {
  type OrderBookOutcome,
  type OrderBookSpec,
  orderBookMarket,
  orderBookMarketDefaults,
  ordersStatement,
} from './markets/protocols/order-book.ts'
export {
  type GoodTraded,
  type ResourceOutcome,
  type ResourceSpec,
  resourceDefaults,
  resourceMarket,
} from './markets/protocols/resource.ts'
export {
  demandStatement,
  type TatonnementOutcome,
  type TatonnementSpec,
  tatonnementDefaults,
  tatonnementMarket,
} from './markets/protocols/tatonnement.ts'
export {
  blockingPair,
  matchingMax,
  type StableMatching,
  stableMatching,
  type TwoSides,
} from './markets/stable-matching.ts'
export type { RefusedStatements, StatementRefusal } from './markets/statement.ts'
export {
  excessDemandResidual,
  newTatonnement,
  type TatonnementEquilibrium,
  type TatonnementOptions,
  type TatonnementState,
  tatonnement,
  tatonnementStep,
} from './markets/tatonnement.ts'
export {
  type Account,
  type FloorEvent,
  newTradingFloor,
  type TradingFloor,
  tradingFloorStep,
} from './markets/trading-floor.ts'
export type { Change } from './orchestrator/change-plan.ts'
export type {
  Constraint,
  CoordinationInput,
  Directive,
  DirectiveAgent,
  DirectiveOutcome,
  DirectiveResult,
  DirectiveTurn,
  Metrics,
  Proposed,
  Situation,
  Violation,
} from './orchestrator/directive.ts'
export type { ParameterOptions } from './orchestrator/directive-cells.ts'
export {
  nextValue,
  type ParameterTuningOptions,
  parameterTuning,
  type Trial,
} from './orchestrator/kinds/parameter-tuning.ts'
export {
  allocation,
  type ResourceAllocationOptions,
  resourceAllocation,
} from './orchestrator/kinds/resource-allocation.ts'
export {
  type CoordinateOptions,
  type OpenDirective,
  type Orchestrator,
  orchestrator,
} from './orchestrator/orchestrator.ts'
export type { OrchestratorOptions } from './orchestrator/orchestrator-options.ts'
export type { ParameterWatch } from './orchestrator/parameter-watch.ts'
export type { AgentConfiguration, AgentPlacement, AgentResources } from './registry/agent-configuration.ts'
export type { AgentHealth } from './registry/agent-health.ts'
export type { AgentHistoryEntry, AgentStatus } from './registry/agent-life.ts'
export {
  type AgentRegistry,
  type AgentRegistryOptions,
  type AgentWaitOptions,
  agentRegistry,
  type RegisterAgentOptions,
} from './registry/agent-registry.ts'
export type {
  AgentQuery,
  AgentReport,
  AgentTraits,
  EcosystemReport,
  FoundAgent,
  ResourceReport,
} from './registry/agent-report.ts'
export type { EcosystemConfiguration, RoleConfiguration } from './registry/ecosystem.ts'
export { type BarrierOutcome, type BarrierSpec, barrier } from './sessions/barrier.ts'
export { type AskCertificate, type CollectedAsk, type Collector, type Gathered, inputOf } from './sessions/collector.ts'
export type {
  Absence,
  Answer,
  AskCommand,
  Beginning,
  EndReason,
  Feedback,
  Outcome,
  OutcomeOf,
  Participant,
  Protocol,
  ProtocolCommand,
  ProtocolEvent,
  SpecOf,
  Turn,
  Unfinished,
} from './sessions/protocol.ts'
export { runSession, startSession } from './sessions/run-session.ts'
export type {
  Integrity,
  Session,
  SessionEvent,
  SessionFigures,
  SessionOptions,
  SessionReport,
  SessionResult,
  SessionStatus,
  SessionStream,
  SessionStreamOptions,
} from './sessions/session.ts'
export type { AgentParticipation, HistoryQuery } from './sessions/session-history.ts'
export { sessionDefaults } from './sessions/session-options.ts'
export type { Choice } from './voting/ballot-box.ts'
export { optionsMax, type PaperSpec } from './voting/ballot-paper.ts'
export { bordaCount } from './voting/borda.ts'
export { brierLoss, type Calibration, calibrationOf, type Forecast } from './voting/brier-score.ts'
export { type ByzantineSpec, byzantineVote } from './voting/byzantine-vote.ts'
export { type DecisionSpec, decide, startDecision } from './voting/decide.ts'
export { type DecisionKind, type DecisionKinds, type DecisionOf, decisionProtocols } from './voting/decision-kinds.ts'
export {
  type ExpertOptions,
  type ExpertRecord,
  type ExpertReport,
  type ExpertState,
  expertDefaults,
  expertReports,
  expertStep,
  expertWeights,
  newExperts,
  type OutcomeKnown,
} from './voting/expert-weights.ts'
export { type HedgeRules, hedgeRate, hedgeShares, hedgeStep } from './voting/hedge.ts'
export { instantRunoff } from './voting/instant-runoff.ts'
export { logOddsWeight, type RatePrior, shrunkRate } from './voting/log-odds.ts'
export { type MajoritySpec, majority, majorityDefaults } from './voting/majority.ts'
export { discountedWeights, effectiveCount } from './voting/model-families.ts'
export type { VoteProgress } from './voting/option-vote.ts'
export { type QuorumSpec, quorum } from './voting/quorum.ts'
export {
  type RankedMethod,
  type RankedOutcome,
  type RankedSpec,
  type RankedTally,
  ranked,
  rankedDefaults,
  rankedOptionsMax,
} from './voting/ranked.ts'
export type { RankedBallot, RankedCount, RankedSteps, RankedVerdict, RunoffRound } from './voting/ranked-ballots.ts'
export { schulze } from './voting/schulze.ts'
export { reaches, type Share, type ShareNeeded, shareOf } from './voting/share.ts'
export { type UnitWeights, unitWeights } from './voting/unit-weights.ts'
export type {
  Counted,
  Decided,
  Firm,
  NamedVote,
  Rejected,
  Undecided,
  VoteFigures,
  VoteOutcome,
  VoteTally,
} from './voting/vote-outcome.ts'
export { type RuleSpec, ruleDefaults, type TiePolicy } from './voting/vote-rule.ts'
export {
  earlyVerdict,
  finalVerdict,
  soundAgainst,
  type Verdict,
  type VoteRule,
  type VoteStanding,
} from './voting/vote-standing.ts'
export { cappedWeights } from './voting/weight-caps.ts'
export { type WeightedSpec, weighted, weightedDefaults } from './voting/weighted.ts'
