// The audit log under kills, losses of power and tampers: `npm run audit:crash -- --help`.
import { parseArgs } from 'node:util';
import { controls } from './controls.mjs';
import { killApplications } from './effects.mjs';
import { HELP } from './help.mjs';
import { kill } from './kills.mjs';
import { cutPower } from './power-cuts.mjs';
import { tamper } from './tampers.mjs';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean' },
    quick: { type: 'boolean' },
    help: { type: 'boolean' },
    seed: { type: 'string', default: '2026' },
  },
});
const FULL = { kills: 100, acknowledged: 500_000, applications: 20, cuts: 50_000, tampers: 10_000 };
const QUICK = { kills: 5, acknowledged: 20_000, applications: 2, cuts: 1_200, tampers: 500 };

const progress = what => process.stderr.isTTY && process.stderr.write(`\r\u001b[K${what}`);

async function main() {
  const seed = Number(options.seed);
  if (!Number.isSafeInteger(seed)) throw new Error('--seed takes a whole number');
  const { applications, cuts, tampers, ...much } = options.quick ? QUICK : FULL;
  const killed = await kill({
    ...much,
    seed,
    onProgress: (kills, records) => progress(`${kills} kills, ${records} records`),
  });
  const effects = await killApplications(applications, seed);
  const cut = await cutPower(cuts, seed, { onProgress: done => progress(`${done} losses of power`) });
  const tampered = await tamper(tampers, seed, { onProgress: done => progress(`${done} tampers`) });
  const planted = await controls(seed);
  progress('');
  const result = {
    kills: killed.kills + effects.kills,
    acknowledged: killed.acknowledged,
    missing: killed.missing,
    treeBreaks: killed.treeBreaks,
    unfinished: killed.unfinished + effects.unfinished,
    effects: effects.effects,
    effectsWithoutIntent: effects.effectsWithoutIntent,
    powerCuts: cut.powerCuts,
    powerCutLosses: cut.powerCutLosses,
    tampers: tampered.tampers,
    tampersDetected: tampered.tampersDetected,
    tampersWithKey: tampered.withKey,
    notAnchoredSaid: tampered.notAnchoredSaid,
    controls: planted,
  };
  for (const example of [...killed.examples, ...cut.examples, ...tampered.missed])
    console.log('FAILED', JSON.stringify(example));
  if (options.json) console.log(JSON.stringify(result));
  else console.table(Object.fromEntries(Object.entries(result).filter(([name]) => name !== 'controls')));
  if (!options.json) console.table(planted);
  return isSound(result);
}

const isSound = result =>
  ['missing', 'treeBreaks', 'effectsWithoutIntent', 'powerCutLosses'].every(name => result[name] === 0) &&
  result.effects > 0 &&
  result.tampersDetected === result.tampers &&
  result.notAnchoredSaid === result.tampersWithKey &&
  Object.values(result.controls).every(Boolean);

if (options.help) console.log(HELP);
else
  main().then(
    // Timers of logs that have lost their power are left.
    sound => process.exit(sound ? 0 : 1),
    error => {
      console.error(error);
      process.exit(1);
    },
  );
