/** What the exit codes of every verb mean. */
export const exitCodes = {
  /** Everything was done and every photo could be read. */
  ok: 0,
  /** Something unforeseen, or the user stopped the run. */
  failure: 1,
  /** Wrong usage or configuration; nothing was done. */
  usage: 2,
  /** Finished, but some photos could not be read. */
  someUnread: 3,
} as const;
