import { createServer, type Server } from 'node:net';
import { Pool } from 'pg';
import { PostgresReplayStore } from 'nestjs-eie-postgres';

function message(type: string, body: Buffer): Buffer {
  const head = Buffer.from(`${type}    `);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** A server that opens each connection and ends it, in the same bytes, as one that is being stopped may. */
const ENDED = Buffer.concat([
  message('R', Buffer.alloc(4)),
  message('Z', Buffer.from('I')),
  message('E', Buffer.from('SFATAL\0C57P01\0Mterminating connection due to administrator command\0\0')),
]);

describe('a connection that its server ends as it opens it', () => {
  let server: Server;
  beforeAll(async () => {
    server = createServer(socket => socket.on('error', () => undefined).once('data', () => socket.end(ENDED)));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => new Promise(resolve => server.close(resolve)));

  it('is a refusal, and ends no process', async () => {
    const { port } = server.address() as { port: number };
    const pool = new Pool({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' });
    const store = new PostgresReplayStore({ pool });
    await expect(store.take('one', 1_800_000_060, 1_800_000_000)).rejects.toThrow('PostgreSQL');
    await pool.end();
  });
});
