import { type BlockList, isIP } from 'node:net';

/**
 * Adds an address or a network (`10.1.0.0/16`) to a list.
 *
 * @returns false for what is neither
 */
export function addNetwork(list: BlockList, text: unknown): boolean {
  const [, address = '', bits] = /^([\da-f.:]+)(?:\/(\d{1,3}))?$/i.exec(String(text)) ?? [];
  const version = isIP(address);
  if (!version) return false;
  const [family, size] = version === 4 ? (['ipv4', 32] as const) : (['ipv6', 128] as const);
  if (Number(bits ?? size) > size) return false;
  list.addSubnet(address, Number(bits ?? size), family);
  return true;
}

/** @param address of a socket, which may hold an IPv4 address in an IPv6 one */
export function includesAddress(list: BlockList, address = ''): boolean {
  const plain = address.replace(/^::ffff:(?=[\d.]+$)/i, '');
  const version = isIP(plain);
  return version !== 0 && list.check(plain, version === 4 ? 'ipv4' : 'ipv6');
}
