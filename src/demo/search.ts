import { appendFile, copyFile, readdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { origin, PARTS, type PartName } from '../shop/settings.js';
import { decoy, findLeaks, type Leak, type Place } from './leaks.js';
import { type Walked } from './messages.js';
import { type ObservedShop } from './observed-shop.js';
import { type People } from './people.js';

/** Those that the MCP server calls. */
const CALLED: PartName[] = ['orders-api', 'billing-api', 'invoices-api', 'delivery-server'];
const WALKS: Walked[] = ['a tool', 'an HTTP handler'];
const COPY = '.planted-copy';

export interface SearchResult {
  leaks: Leak[];
  places: number;
  tokens: number;
  control: { planted: number; found: number };
}

/** The search for tokens where none may be, and its control: one decoy in each of those places, which it has to find. */
export class Search {
  readonly #plants = new Map<string, string>();

  constructor(
    private readonly shop: ObservedShop,
    private readonly folder: string,
  ) {}

  /** Lets the probes walk, each past a decoy, and plants the other decoys. While the shop is open. */
  async prepare({ agents, tokens }: People): Promise<void> {
    const handler = new URL('/probe/reachable', origin(this.shop.settings, 'mcp-server'));
    await agents.alice.call('probe_reachable', { plant: backwards(this.#plant('what a tool could reach')) });
    handler.searchParams.set('plant', backwards(this.#plant('what an HTTP handler could reach')));
    await fetch(handler, { headers: { authorization: `Bearer ${tokens.alice}` } });

    for (const part of CALLED) {
      await fetch(origin(this.shop.settings, part), { headers: { 'x-note': this.#plant(`requests to ${part}`) } });
    }
    for (const part of PARTS) {
      await this.shop.order(part, {
        kind: 'print',
        stdout: this.#plant(`${part} stdout`),
        stderr: this.#plant(`${part} stderr`),
      });
    }
    await this.shop.flush();
  }

  /** When the shop is closed, so that all of its output and its audit logs are there. */
  async run(ownOutput: string): Promise<SearchResult> {
    const places = [...this.#reports(), { name: 'what the demo prints', text: ownOutput }];
    const files = await readdir(this.folder, { recursive: true });
    const auditLogs = files.filter(file => file.endsWith('.jsonl'));
    for (const file of auditLogs) places.push({ name: file, text: await readFile(join(this.folder, file), 'utf8') });

    const planted: Place[] = [
      ...this.#reports(),
      { name: 'what the demo prints', text: ownOutput + this.#plant('what the demo prints') },
    ];
    for (const file of auditLogs) planted.push({ name: file, text: await this.#plantedCopy(file) });
    const found = planted.filter(place => findLeaks([place], [this.#plants.get(place.name)!]).length === 1);

    const tokens = new Set(this.shop.minted);
    return {
      leaks: findLeaks(places, tokens),
      places: places.length,
      tokens: tokens.size,
      control: { planted: planted.length, found: found.length },
    };
  }

  #reports(): Place[] {
    const { walks, requests, printed } = this.shop;
    return [
      ...WALKS.map(from => ({
        name: `what ${from} could reach`,
        text: walks
          .filter(walk => walk.from === from)
          .flatMap(({ texts }) => texts.map(({ path, text }) => `${path}: ${text}`))
          .join('\n'),
      })),
      ...CALLED.map(called => ({
        name: `requests to ${called}`,
        text: requests
          .filter(({ part }) => part === called)
          .map(({ rest }) => rest)
          .join('\n'),
      })),
      ...[...printed].map(([name, text]) => ({ name, text })),
    ];
  }

  async #plantedCopy(file: string): Promise<string> {
    const copy = join(this.folder, file.replaceAll(sep, '-') + COPY);
    await copyFile(join(this.folder, file), copy);
    await appendFile(copy, this.#plant(file));
    return readFile(copy, 'utf8');
  }

  #plant(place: string): string {
    const plant = decoy();
    this.#plants.set(place, plant);
    return plant;
  }
}

const backwards = (text: string): string => [...text].reverse().join('');
