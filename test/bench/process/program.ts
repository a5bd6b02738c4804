import { interleave, type Round, warmUp } from '../load/rounds.js';
import { type ProcessAbout } from './child.js';
import { calls, executions } from './downstream.js';
import { type Prepared, type Setting } from './operation.js';
import { pipeline } from './pipeline.js';
import { receiver } from './receiver.js';
import { stages } from './stages.js';

const GROUPS: Readonly<Record<ProcessAbout['group'], (setting: Setting) => Promise<Prepared>>> = {
  stages,
  receiver,
  pipeline,
  calls,
  executions,
};

process.once('message', (about: ProcessAbout) => {
  measureAll(about).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});

/** The other side of `inProcess`: measures a group here, says what it has measured, and ends. */
async function measureAll({ group, rounds, isQuick, ...setting }: ProcessAbout): Promise<void> {
  const { contenders, close } = await GROUPS[group](setting);
  for (const contender of contenders) await warmUp(contender, isQuick);
  // Each has been warm for itself alone: a round that does not count lets the compiler see all of them in turn.
  const [, ...measured] = await interleave(contenders, rounds + 1);
  await close();
  const inOrder = (round: Round): Round => new Map(contenders.map(({ name }) => [name, round.get(name)!]));
  process.send!(measured.map(inOrder), () => process.disconnect());
}
