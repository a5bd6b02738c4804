/** Characters of input. */
const SIZES = [8, 64, 128, 256, 512, 1024].map(kilobytes => kilobytes * 1024);
const QUICK_SIZES = [SIZES[0], SIZES[2], SIZES[4]];
/** Milliseconds that count for any shorter time: there, fixed costs say more than the length of the input. */
const FLOOR = 1;
/** A measurement is the best of so many runs: whatever else goes on in the machine only ever adds to one. */
const FEWEST_RUNS = 5;
const MOST_RUNS = 20;
/** A growth above its limit is measured again so often, and each time the best of all rounds counts. */
const MOST_ROUNDS = 6;
/** Milliseconds to spend on a measurement beyond the fewest runs, and after which there is no further run at all. */
const ENOUGH = 20;
const PATIENCE = 500;
/** Milliseconds after which no longer input is tried: what came so far shows enough. */
const TOO_LONG = 2000;
/** What twice the input costs a linear reader in cached memory, and how much more it may cost where memory is slow. */
const [LINEAR, SLOWER] = [2, 0.3];
/** The ratio where there is not even a second input to compare with. A number, since JSON has no infinity. */
const HOPELESS = 99;

/**
 * How the time of a parser grows with the length of its input, for each doubling: on the average of those that begin at
 * the floor or above, since even `JSON.parse` takes three times as long at the one where its input outgrows a cache.
 * What is refused by its length alone has a ratio of 1. Where memory is slow, what is linear takes more than twice as long:
 * a growth above its limit has less by what a reader takes more that is known to be linear.
 *
 * @param {(input: any) => unknown} parse
 * @param {(size: number) => unknown} make
 * @param {number} most what is measured again before it is judged
 * @param {boolean} quick
 */
export async function growthOf(parse, make, most, quick) {
  const sizes = quick ? QUICK_SIZES : SIZES;
  const growth = await measured(parse, make, sizes, most);
  // What is refused before it is read touches no memory that could be slow.
  if (growth.ratio <= most || most < LINEAR) return growth;
  const { ratio } = await measured(readLinearly, make, sizes, LINEAR);
  return { ...growth, ratio: growth.ratio - Math.min(Math.max(ratio - LINEAR, 0), SLOWER) };
}

/** By the best times of all rounds, or by the median of the rounds: a machine that was fast for a moment makes the first too high. */
async function measured(parse, make, sizes, most) {
  const times = [];
  const ratios = [];
  let growth;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const own = [];
    for (const [i, size] of sizes.entries())
      if (!(times[i - 1] > TOO_LONG)) {
        own[i] = await best(parse, make(size));
        times[i] = Math.min(times[i] ?? Infinity, own[i]);
      }
    ratios.push(ratioOf(own, sizes).ratio);
    const { ratio, msAtMax } = ratioOf(times, sizes);
    growth = { ratio: Math.min(ratio, medianOf(ratios)), msAtMax };
    if (growth.ratio <= most) break;
  }
  return growth;
}

const medianOf = values => values.toSorted((one, other) => one - other)[values.length >> 1];

/** Reads every member of an input once, or every character of a text. */
function readLinearly(input) {
  let read = 1;
  if (typeof input === 'string') for (let i = 0; i < input.length; i++) read += input.charCodeAt(i) & 1;
  else if (typeof input === 'object') for (const name of Object.keys(input ?? {})) read += readLinearly(input[name]);
  return read;
}

function ratioOf(times, sizes) {
  const [end, long] = [times.length - 1, times.findIndex(time => time >= FLOOR)];
  const msAtMax = times[end];
  if (long < 0) return { ratio: 1, msAtMax };
  if (end === 0) return { ratio: HOPELESS, msAtMax };
  const start = Math.min(long, end - 1);
  const growth = msAtMax / Math.max(times[start], FLOOR);
  return { ratio: growth ** (1 / Math.log2(sizes[end] / sizes[start])), msAtMax };
}

async function best(parse, input) {
  let [best, spent] = [Infinity, 0];
  for (let run = 0; spent < PATIENCE && (run < FEWEST_RUNS || (run < MOST_RUNS && spent < ENOUGH)); run++) {
    const time = await timeOf(parse, input);
    best = Math.min(best, time);
    spent += time;
  }
  return best;
}

/** Of the processor, and not of the clock on the wall: other processes do not count. */
async function timeOf(parse, input) {
  const started = process.cpuUsage();
  try {
    await parse(input);
  } catch {
    // Refused: that counts as read.
  }
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}
