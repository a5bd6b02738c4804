export const HELP = `npm run audit:crash -- [--json] [--quick] [--seed n]

Proves that the audit log loses nothing that it has acknowledged, and that a change of it shows. Everything is counted in this process, not in
the one that writes the log.

  --json   one JSON object as the last line
  --quick  5 kills, 20,000 acknowledged records, 1,200 cuts, 500 tampers: about a minute
  --seed   default 2026: the moments of kills, what a loss of power keeps, and the tampers

kills                 processes that wrote a log and were killed (SIGKILL) at any moment
acknowledged          records that those processes were told to be on the log
missing               of them, those that are not there, not there once, or not under their number; and intents without exactly one outcome
treeBreaks            what a verification of that log finds
effects               requests that handlers of a Nest application have sent to an API, while the application was killed again and again
effectsWithoutIntent  of them, those whose intent is not on the audit log
powerCuts             losses of power on a modelled disk, which keeps what it likes of what was not synced: nothing, a part, single pages, names
                      without files; on some of them the disk is full in the middle of a write, or does not confirm one
powerCutLosses        acknowledged records that are missing or others, intents without exactly one outcome, records that nobody wrote, logs
                      that do not open. An outcome that was acknowledged and not confirmed counts where the process alone ends; after a loss
                      of power the next start may say that it is unknown
tampers               edits of a log by somebody who can write its folder, one in five with the key of its checkpoints
tampersDetected       of them, those that a verification with the copy of the checkpoints finds
tampersWithKey        of them, those with the key
notAnchoredSaid       of those, how often a verification without the copy says "self-consistent", and not "anchored"
controls              the same proofs against a log that is broken on purpose: each must find losses

Exits 1 unless missing, treeBreaks, effectsWithoutIntent and powerCutLosses are 0, all tampers are found, and all controls too.`;
