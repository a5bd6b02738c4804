// What the fragments of this page take as given.
import type { AgentOptions } from 'nestjs-eie';

type Row = Exclude<AgentOptions, string>;
export interface AgentDatabase {
  agent(key: { issuer: string; id: string }, options: { signal: AbortSignal }): Promise<Row | undefined>;
  client(key: { issuer: string; clientId: string }, options: { signal: AbortSignal }): Promise<Row | undefined>;
}
