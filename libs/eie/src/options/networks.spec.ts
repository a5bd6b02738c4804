import { BlockList } from 'node:net';
import { addNetwork, includesAddress } from './networks.js';

const listOf = (...networks: string[]) => {
  const list = new BlockList();
  for (const one of networks) expect(addNetwork(list, one)).toBe(true);
  return list;
};

describe('a list of networks', () => {
  it('includes its addresses, in IPv6 form too, and no other', () => {
    const list = listOf('10.1.0.0/16', '192.0.2.7', 'fd00::/8', '::1');
    for (const address of ['10.1.0.0', '10.1.255.255', '::ffff:10.1.2.3', '192.0.2.7', 'fd12::1', '::1'])
      expect([address, includesAddress(list, address)]).toEqual([address, true]);
    for (const address of ['10.2.0.0', '192.0.2.8', '::ffff:10.2.0.0', 'fe80::1', '::2', '', 'localhost', undefined])
      expect([address, includesAddress(list, address)]).toEqual([address, false]);
  });

  it.each(['', '10.1', '10.1.0.0/33', '::/129', 'localhost', '10.1.0.0/x', '10.1.0.0/16 ', '/8', 7, null])(
    'does not take %j, which is no network',
    text => expect(addNetwork(new BlockList(), text)).toBe(false),
  );
});
