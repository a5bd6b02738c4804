import { type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../shop/ports.js';
import { PARTS, type PartName } from '../shop/settings.js';
import { openShop, type Shop } from '../shop/shop.js';
import { type Captured, type FoundText, type Order, type Report, type SeenRequest, type Walked } from './messages.js';

export interface ApiRequest {
  part: PartName;
  seen: SeenRequest;
  captured: Captured;
  rest: string;
}

const PROGRAM = fileURLToPath(new URL('./observed-part.js', import.meta.url));

/** The shop with everything its parts let out: what they print, the tokens they mint, the requests they receive. */
export class ObservedShop {
  readonly minted: string[] = [];
  readonly requests: ApiRequest[] = [];
  readonly walks: { from: Walked; texts: FoundText[] }[] = [];
  readonly printed = new Map<string, string>(
    PARTS.flatMap(part => [
      [`${part} stdout`, ''],
      [`${part} stderr`, ''],
    ]),
  );
  #shop: Shop;
  #orders = 0;
  readonly #waiting = new Map<number, (token: string | undefined) => void>();

  static async open(auditFolder: string): Promise<ObservedShop> {
    const observed = new ObservedShop();
    try {
      observed.#shop = await openShop({
        ports: await freePorts(),
        auditFolder,
        output: 'pipe',
        program: part => [PROGRAM, part],
        onProcess: (part, child) => observed.#observe(part, child),
      });
    } catch (error) {
      throw new Error(`The shop does not open:\n${[...observed.printed.values()].join('')}`, { cause: error });
    }
    return observed;
  }

  get settings(): Shop['settings'] {
    return this.#shop.settings;
  }

  close(): Promise<void> {
    return this.#shop.close();
  }

  async order(part: PartName, order: Order): Promise<string | undefined> {
    const id = ++this.#orders;
    const answered = new Promise<string | undefined>(resolve => this.#waiting.set(id, resolve));
    this.#shop.processes.get(part)?.send({ ...order, id });
    return answered;
  }

  /** Waits for everything that the parts have reported so far. */
  async flush(): Promise<void> {
    await Promise.all(PARTS.map(part => this.order(part, { kind: 'flush' })));
  }

  /** The request that an API received in a trace; the first, if there are more. */
  requestOf(traceId: string): ApiRequest | undefined {
    return this.requests.find(({ seen }) => seen.traceId === traceId);
  }

  #observe(part: PartName, child: ChildProcess): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      const name = `${part} ${stream}`;
      child[stream]
        ?.setEncoding('utf8')
        .on('data', (text: string) => this.printed.set(name, (this.printed.get(name) ?? '') + text));
    }
    child.on('message', (message: Report | 'listening') => {
      if (message !== 'listening') this.#note(part, message);
    });
  }

  #note(part: PartName, message: Report): void {
    switch (message.kind) {
      case 'minted':
        this.minted.push(message.token);
        break;
      case 'request':
        this.requests.push({ part, ...message });
        if (message.captured.txnToken) this.minted.push(message.captured.txnToken);
        break;
      case 'reachable':
        this.walks.push(message);
        break;
      case 'answer':
        this.#waiting.get(message.id)?.(message.token);
        this.#waiting.delete(message.id);
        break;
    }
  }
}
