import type { Adapter, AdapterFactory, AdapterPayload, ClientMetadata } from 'oidc-provider';

/**
 * Keeps sessions, codes and grants in memory until the process ends, serialised as a database would.
 *
 * The clients are stored here, too: those given in oidc-provider's own `clients` option are copied with
 * structuredClone(), and in Jest the copies belong to another realm and fail its check for plain objects.
 */
export function memoryStorage(clients: readonly ClientMetadata[]): AdapterFactory {
  const records = new Map<string, string>();
  const read = (key: string | undefined): AdapterPayload | undefined => {
    const record = key === undefined ? undefined : records.get(key);
    return record === undefined ? undefined : (JSON.parse(record) as AdapterPayload);
  };
  const write = (key: string, payload: AdapterPayload): void => void records.set(key, JSON.stringify(payload));
  for (const client of clients) write(`Client:${client.client_id}`, client);

  /** What else a record is looked up by than its id: the grant it was issued under, the uid of a session. */
  const byGrant = new Map<string, Set<string>>();
  const byUid = new Map<string, string>();

  return (model: string): Adapter => ({
    find: async id => read(`${model}:${id}`),
    findByUid: async uid => read(byUid.get(uid)),
    findByUserCode: async () => undefined,

    async upsert(id, payload) {
      const key = `${model}:${id}`;
      write(key, payload);
      if (payload.uid !== undefined) byUid.set(payload.uid, key);
      if (payload.grantId !== undefined) {
        const issued = byGrant.get(payload.grantId) ?? new Set();
        byGrant.set(payload.grantId, issued.add(key));
      }
    },

    async consume(id) {
      const key = `${model}:${id}`;
      const payload = read(key);
      if (payload) write(key, { ...payload, consumed: Math.floor(Date.now() / 1000) });
    },

    async destroy(id) {
      records.delete(`${model}:${id}`);
    },

    async revokeByGrantId(grantId) {
      for (const key of byGrant.get(grantId) ?? []) records.delete(key);
      byGrant.delete(grantId);
    },
  });
}
