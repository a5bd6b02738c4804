import { type Command } from './command.js';
import { Filter, FILTER_OPTIONS, FILTER_USAGE } from './filter.js';
import { logFolders } from './folders.js';

export const exportCommand: Command = {
  name: 'export',
  summary: 'writes records as JSON lines',
  usage: [
    'export [folder] [filters]',
    '',
    ...FILTER_USAGE,
    '',
    'Each line is the record with "instance", the folder that it is from.',
  ],
  options: { ...FILTER_OPTIONS, json: { type: 'boolean' } },
  async run(typed, { write, drained, signal }) {
    const filter = new Filter(typed, Date.now());
    for (const folder of await logFolders(typed.positionals[0]))
      for await (const { event } of filter.events(folder)) {
        if (signal.aborted) return 0;
        write(`${JSON.stringify({ instance: folder, ...event })}\n`);
        await drained();
      }
    return 0;
  },
};
