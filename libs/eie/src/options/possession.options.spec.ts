import { ProofOfPossessionOptions } from './possession.options.js';
import { readOptions } from './read-options.js';

const read = (options: object) => () => readOptions(ProofOfPossessionOptions, options, 'here');

describe('the options for proofs of possession', () => {
  it.each([
    {},
    { nonces: true },
    { nonces: false },
    { nonces: { secret: 's'.repeat(32) } },
    { publicUrl: 'https://example.com/shop' },
    { clientCertificate: { header: 'Client-Cert', proxies: ['10.0.0.0/8', '::1'] } },
  ])('may be %j', options => expect(read(options)).not.toThrow());

  it.each([
    [{ nonces: 'yes' }, 'nonces must be true, false or { secret }'],
    [{ nonces: {} }, 'nonces.secret must be a secret of at least 32 characters'],
    [{ nonces: { secret: 'short' } }, 'nonces.secret must be a secret of at least 32 characters'],
    [{ publicUrl: 'http://example.com' }, 'publicUrl must be the https URL'],
    [{ publicUrl: 'https://example.com/shop?via=proxy' }, 'publicUrl must have no query and no fragment'],
    [{ publicUrl: 'https://example.com/shop?' }, 'publicUrl must have no query and no fragment'],
    [{ publicUrl: 'https://example.com/#' }, 'publicUrl must have no query and no fragment'],
    [{ clientCertificate: true }, 'clientCertificate must be { header, proxies }'],
    [{ clientCertificate: { header: 'Client-Cert' } }, 'clientCertificate.proxies must'],
    [{ clientCertificate: { header: 'Client-Cert', proxies: [] } }, 'clientCertificate.proxies must'],
    [{ clientCertificate: { header: 'Client-Cert', proxies: ['nginx'] } }, 'clientCertificate.proxies must'],
    [{ clientCertificate: { header: 'Client Cert', proxies: ['::1'] } }, 'clientCertificate.header must'],
    [{ clientCertificate: { proxies: ['::1'] } }, 'clientCertificate.header must'],
  ])('may not be %j', (options, message) => expect(read(options)).toThrow(message));
});
