import { type Command } from './command.js';
import { FILTER_OPTIONS, FILTER_USAGE, search } from './filter.js';

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
  operands: 1,
  options: { ...FILTER_OPTIONS, json: { type: 'boolean' } },
  async run(typed, terminal) {
    const { write, drained, signal } = terminal;
    const { folders, filter } = await search(typed);
    for (const folder of folders)
      for await (const { event } of filter.events(folder)) {
        if (signal.aborted) return 0;
        write(`${JSON.stringify({ instance: folder, ...event })}\n`);
        await drained();
      }
    return filter.damage.tell(terminal);
  },
};
