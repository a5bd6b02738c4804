import {
  type AuditDurability,
  type AuditLog,
  decide,
  type ExecutionIdentityEnvelope,
  FileAuditLog,
  type HandlerPolicy,
  verifyAccessToken,
} from 'execution-identity';
import { AuditRecorder } from 'execution-identity/internal';
import { admit } from 'execution-identity/internal/admit';
import { sealEnvelope } from 'execution-identity/internal/seal';
import { join } from 'node:path';
import { NoAuditLog } from '../load/ours.js';
import { inTurn, RESOURCE } from '../load/tokens.js';
import { ORDERS, ORDERS_TARGET, serverOf } from './server-parts.js';
import { contendersOf, type Operation, type Prepared, type Setting } from './operation.js';
import { joseVerifications, RAW, RAW_TWIN, rawVerification } from './verification.js';

export const NOTHING = 'nothing, awaited';

const HANDLER = 'OrderController.status';
const POLICY: HandlerPolicy = {
  kind: 'protected',
  requirements: [
    { kind: 'all_scopes', scopes: ['orders:read'] },
    { kind: 'any_role', roles: ['support'] },
  ],
};
const AT_ONCE = 64;

/** What a call consists of, each stage by itself. */
export async function stages({ keys, tokens, folder, ms }: Setting): Promise<Prepared> {
  const logs = (['power-loss', 'process-crash'] as const).map(durability => fileLog(folder, durability));
  for (const { log } of logs) await log.open();
  const { policy, issuers, identityOf, envelopeOf, now, sealer } = await serverOf(keys);
  const [first] = tokens as [string];
  const [token, identity] = [await verifyAccessToken(first, issuers), await identityOf(first)];
  const next = inTurn(tokens);
  const held = envelopeOf(identity);
  const { authorization, actor, agent } = held;
  const records = (name: string, log: AuditLog, inFlight = 1): Operation => ({
    name: `intent and outcome, AuditRecorder, ${name}`,
    inFlight,
    run: recording(log, held),
  });
  return {
    contenders: contendersOf(ms, [
      { name: NOTHING, run: () => undefined },
      rawVerification(RAW, keys, tokens),
      rawVerification(RAW_TWIN, keys, tokens),
      ...(await joseVerifications(keys, tokens)),
      { name: 'verifyAccessToken', run: () => verifyAccessToken(next(), issuers) },
      { name: 'admit, a verified token', run: () => admit(token, policy) },
      { name: 'issue, an envelope', run: () => envelopeOf(identity) },
      { name: 'decide, a scope and a role', run: () => decide({ actor, agent, authorization }, POLICY, HANDLER) },
      records('audit log that keeps nothing', new NoAuditLog()),
      ...logs.map(({ durability, log }) => records(`FileAuditLog, ${durability}, ${AT_ONCE} at once`, log, AT_ONCE)),
      {
        name: 'sealEnvelope, ES256, new for each call',
        run: () => sealEnvelope(sealer, held, { ...ORDERS_TARGET, singleUse: true }, now),
      },
      {
        name: 'sealEnvelope, the same envelope again',
        run: () => sealEnvelope(sealer, held, ORDERS_TARGET, now),
      },
    ]),
    close: async () => {
      for (const { log } of logs) await log.close();
    },
  };
}

const fileLog = (folder: string, durability: AuditDurability) => ({
  durability,
  log: new FileAuditLog({ directory: join(folder, durability), durability }),
});

/** The two records of one call of a handler. */
function recording(log: AuditLog, subject: ExecutionIdentityEnvelope) {
  const recorder = new AuditRecorder(log, Date.now, { report: () => {} }, RESOURCE);
  const about = { subject, handler: HANDLER, mode: ORDERS_TARGET.mode };
  return async () => {
    const intent = await recorder.record({ ...about, type: 'execution.intent', outcome: 'started' });
    const calls = { listed: [{ target: ORDERS, mode: ORDERS_TARGET.mode }], unlisted: 0 };
    await recorder.record({
      ...about,
      type: 'execution.outcome',
      outcome: 'ok',
      intentId: intent.id,
      calls,
      durationMs: 1,
    });
  };
}
