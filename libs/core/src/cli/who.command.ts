import { type Command } from './command.js';
import { Filter, FILTER_OPTIONS, FILTER_USAGE, type FoundEvent } from './filter.js';
import { logFolders } from './folders.js';
import { story } from './story.js';

export const whoCommand: Command = {
  name: 'who',
  summary: 'tells who has acted: the user or the agent, by which tool, at which API, in which mode',
  usage: ['who [folder] [filters] [--json]', '', ...FILTER_USAGE],
  options: { ...FILTER_OPTIONS, json: { type: 'boolean' } },
  async run(typed, { write, signal }) {
    const filter = new Filter(typed, Date.now());
    const found: FoundEvent[] = [];
    for (const folder of await logFolders(typed.positionals[0]))
      for await (const one of filter.events(folder)) {
        if (signal.aborted) return 0;
        found.push(one);
      }
    if (typed.isSet('json'))
      write(`${JSON.stringify({ events: found.map(({ folder, event }) => ({ instance: folder, ...event })) })}\n`);
    else write(found.length ? story(found) : 'Nobody: no record fits.\n');
    return 0;
  },
};
