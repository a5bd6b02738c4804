import { HTTP_CALL } from '../load/crowd-calls.js';
import { drive } from '../load/drive.js';
import { inTurn } from '../load/tokens.js';

export interface DriverAbout {
  /** Of the server that it sends requests to. */
  readonly port: number;
  readonly connections: number;
  readonly tokens: readonly string[];
}

process.once('message', ({ port, connections, tokens }: DriverAbout) => {
  const next = inTurn(tokens.map(HTTP_CALL.bytes));
  process.on('message', (ms: number) => {
    void drive({ port, connections, ms, next }).then(driven => process.send!(driven));
  });
  process.send!('ready');
});
