import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { MemoryApprovalStore, type RequestedApproval } from 'nestjs-eie';
import { type StoreCall } from './shared-store.js';

/** The planted fault: an approval that was used is still there. */
class StoreThatDoesNotConsume extends MemoryApprovalStore {
  override async consume(id: string, binding: string, now: number): Promise<RequestedApproval | undefined> {
    const found = await this.find(id, now);
    return found?.decision?.approved && found.binding === binding ? found : undefined;
  }
}

const store = process.argv.includes('planted') ? new StoreThatDoesNotConsume() : new MemoryApprovalStore();
const server = createServer((request, response) => {
  void text(request).then(async body => {
    const { method, given } = JSON.parse(body) as StoreCall;
    const run = store[method].bind(store) as (...given: unknown[]) => Promise<unknown>;
    // JSON has no undefined.
    const result = await run(...given.map(one => one ?? undefined));
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ result }));
  });
});
server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', () =>
  process.send!({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }),
);
