/** The cookies of one origin, as far as a login needs them (RFC 6265): name, value and path. */
export class Cookies {
  readonly #cookies = new Map<string, { name: string; value: string; path: string }>();

  store(response: Response): void {
    for (const header of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = header.split(/; */);
      const name = pair.slice(0, pair.indexOf('='));
      const value = pair.slice(pair.indexOf('=') + 1);
      const path = attribute(attributes, 'path') ?? '/';
      const expires = attribute(attributes, 'expires');
      if (expires !== undefined && Date.parse(expires) <= Date.now()) this.#cookies.delete(`${path} ${name}`);
      else this.#cookies.set(`${path} ${name}`, { name, value, path });
    }
  }

  header({ pathname }: URL): { cookie?: string } {
    const matching = [...this.#cookies.values()].filter(({ path }) => covers(path, pathname));
    return matching.length === 0 ? {} : { cookie: matching.map(({ name, value }) => `${name}=${value}`).join('; ') };
  }
}

function attribute(attributes: string[], name: string): string | undefined {
  const prefix = `${name}=`;
  return attributes.find(text => text.toLowerCase().startsWith(prefix))?.slice(prefix.length);
}

function covers(path: string, pathname: string): boolean {
  return pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`);
}
