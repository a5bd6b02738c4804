import { type Adapter, startNest } from '../load/nest.js';
import { serve } from '../load/serve.js';
import { HTTP_CONTENDERS, type Setting } from './contenders.js';

export interface HttpServerAbout extends Setting {
  readonly adapter: Adapter;
  readonly contender: string;
}

serve<HttpServerAbout>(async ({ adapter, contender, ...setting }) =>
  startNest(await HTTP_CONTENDERS[contender]!(setting), adapter),
);
