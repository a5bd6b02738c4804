// @ts-expect-error -- plain JavaScript, which the configuration of Jest needs as well
import { filesOf } from './files.mjs';

for (const path of filesOf(4)) await import(path);
