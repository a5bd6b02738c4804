import { type Attack, type Running, type Stage } from '../application.js';
import { bearer, callByHand } from '../parts.js';

/** On promise 5: no unrecorded act. */
export function recordAttacks({ send }: Running, { world, auditLog, api }: Stage): Attack[] {
  const whileDown = async <T>(act: () => Promise<T>): Promise<T> => {
    auditLog.broken = true;
    try {
      return await act();
    } finally {
      auditLog.broken = false;
    }
  };
  return [
    {
      promise: 5,
      name: 'a refusal leaves no record',
      async run() {
        const before = auditLog.events.length;
        await send('/accounts/balance', bearer(world.userToken()));
        const [record] = auditLog.events.slice(before);
        return record?.reason === 'insufficient_scope' && record.actor_sub === 'alice'
          ? undefined
          : `record: ${record?.type}`;
      },
    },
    {
      promise: 5,
      name: 'a call of an API leaves no record',
      async run() {
        const before = auditLog.events.length;
        await send('/accounts/orders', bearer(world.userToken()));
        const types = auditLog.events.slice(before).map(({ type, actor_sub }) => `${type} ${actor_sub}`);
        const wanted = ['execution.intent', 'delegation.intent', 'delegation.outcome'].map(type => `${type} alice`);
        return wanted.every((one, i) => types[i] === one) ? undefined : types.join();
      },
    },
    {
      promise: 5,
      name: 'a call runs while the audit log is down',
      async run() {
        const before = api.requests.length;
        const { status, text } = await whileDown(() => send('/accounts/orders', bearer(world.userToken())));
        return status === 503 && api.requests.length === before ? undefined : `${status}: ${text.slice(0, 100)}`;
      },
    },
    {
      promise: 5,
      name: 'a tool runs while the audit log is down',
      async run() {
        const { status, text } = await whileDown(() => callByHand(send, world.userToken(), 'whoami'));
        return text.includes('alice') ? `${status}: ${text.slice(0, 100)}` : undefined;
      },
    },
  ];
}
