// Measures every parser, told `--quick` or not, and sends what it found to the process that started it.
import { growthOf } from './measure.mjs';
import { PARSERS } from './parsers.mjs';

const quick = process.argv.includes('--quick');
const rounded = number => Number(number.toFixed(2));
const growth = [];
for (const [parser, parse, inputs, most] of PARSERS) {
  let worst;
  for (const [input, make] of Object.entries(inputs)) {
    const { ratio, msAtMax } = await growthOf(parse, make, most, quick);
    if (!worst || rounded(ratio) > worst.worstRatio)
      worst = { parser, input, worstRatio: rounded(ratio), most, msAtMax: rounded(msAtMax) };
  }
  growth.push(worst);
}
process.send(growth);
