import { type ExchangeOptions } from '../../../options/exchange.options.js';
import { type Dialect } from './dialect.js';
import { entraId } from './entra-id.js';
import { rfc8693 } from './rfc8693.js';

/** To add a dialect: its file here, its name in `ExchangeOptions`, and this line. */
export function dialectOf(options: ExchangeOptions): Dialect {
  switch (options.dialect ?? 'rfc8693') {
    case 'rfc8693':
      return rfc8693(options);
    case 'entra_id':
      return entraId(options);
  }
}
