/** What a receiver does with the approvals that Txn-Tokens carry. No other kind of server has it. */
export class CarriedApprovals {
  /** @param countOnce whether each Txn-Token is taken once; else no approval counts */
  constructor(readonly countOnce: boolean) {}
}
