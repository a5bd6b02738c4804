import Sequencer from '@jest/test-sequencer';

/** The files that start applications come first: each takes long, and one that begins last would end alone. */
export default class LongFirstSequencer extends Sequencer {
  async sort(tests) {
    const sorted = await super.sort(tests);
    const isLong = ({ path }) => /\/test\/together\/part-\d+\.ts$/.test(path);
    return [...sorted.filter(isLong), ...sorted.filter(test => !isLong(test))];
  }
}
