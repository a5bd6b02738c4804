import { oneLine } from '../printable.js';
import { type Command, type Terminal } from './command.js';
import { FILTER_OPTIONS, FILTER_USAGE, type FoundEvent, search } from './filter.js';
import { Story } from './story.js';

export const whoCommand: Command = {
  name: 'who',
  summary: 'tells who has acted: the user or the agent, by which tool, at which API, in which mode',
  usage: ['who [folder] [filters] [--json]', '', ...FILTER_USAGE],
  operands: 1,
  options: { ...FILTER_OPTIONS, json: { type: 'boolean' } },
  async run(typed, terminal) {
    const { folders, filter } = await search(typed);
    const events = inOrder(folders.flatMap(folder => [filter.ofLog(folder), filter.ofStrangers(folder)]));
    if (typed.isSet('json')) await writeJson(events, terminal);
    else {
      for (const name of filter.pseudonyms) terminal.write(`${oneLine(typed.text('actor')!)} is ${name} here.\n`);
      terminal.write((await storyOf(events, terminal)) ?? 'Nobody: no record fits.\n');
    }
    return filter.damage.tell(terminal);
  },
};

async function storyOf(events: AsyncIterable<FoundEvent>, { signal }: Terminal): Promise<string | undefined> {
  const story = new Story();
  for await (const found of events) {
    if (signal.aborted) return '';
    story.add(found);
  }
  return story.text();
}

async function writeJson(events: AsyncIterable<FoundEvent>, { write, drained, signal }: Terminal): Promise<void> {
  let separator = '{"events":[\n';
  for await (const { folder, event } of events) {
    if (signal.aborted) return;
    write(`${separator}${JSON.stringify({ instance: folder, ...event })}`);
    separator = ',\n';
    await drained();
  }
  write(separator === ',\n' ? '\n]}\n' : `${separator}]}\n`);
}

/** The events of several logs by their times, each log in its own order. */
async function* inOrder(logs: readonly AsyncGenerator<FoundEvent>[]): AsyncGenerator<FoundEvent> {
  const heads: { readonly log: AsyncGenerator<FoundEvent>; found: FoundEvent }[] = [];
  for (const log of logs) {
    const next: IteratorResult<FoundEvent, void> = await log.next();
    if (!next.done) heads.push({ log, found: next.value });
  }
  while (heads.length) {
    const first = heads.reduce((one, other) => (other.found.event.time < one.found.event.time ? other : one));
    yield first.found;
    const next: IteratorResult<FoundEvent, void> = await first.log.next();
    if (next.done) heads.splice(heads.indexOf(first), 1);
    else first.found = next.value;
  }
}
