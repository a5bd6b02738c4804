import { type Page } from 'playwright-core';
import { ALICE } from '../shop.js';
import { type Leaving, type PageSetup, type Read, type Remote } from './page.js';

declare const remote: Remote;

/** A tab with the client's page, and what a person does in it. Functions that are given to `evaluate` run in the browser. */
export class Tab {
  constructor(
    private readonly page: Page,
    private readonly address: string,
  ) {}

  async open(setup: PageSetup): Promise<void> {
    await this.page.goto(this.address);
    await this.#ready();
    await this.page.evaluate(given => remote.prepare(given), setup);
  }

  /** Lets the client connect. It is sent to the login page, Alice signs in, and it goes on when she has come back. */
  async signIn(setup: PageSetup): Promise<void> {
    await this.open(setup);
    await this.#afterLogin(this.begin);
  }

  /** A call that ends at the authorization server. The client has connected again when it is back. */
  async stepUp(tool: string, { dropRefreshToken }: { dropRefreshToken: boolean }): Promise<void> {
    if (dropRefreshToken) await this.page.evaluate(() => remote.dropRefreshToken());
    await this.#afterLogin(() => this.call(tool));
  }

  call(tool: string): Promise<any> {
    return this.page.evaluate(name => remote.call(name), tool);
  }
  /** A request of the page itself. */
  send(path: string, init: RequestInit): Promise<Read> {
    return this.page.evaluate(([to, how]) => remote.send(to, how as RequestInit), [path, init] as const);
  }
  tools = (): Promise<string[]> => this.page.evaluate(() => remote.tools());
  token = (): Promise<string> => this.page.evaluate(() => remote.token());
  hold = (token: string): Promise<void> => this.page.evaluate(held => remote.hold(held), token);
  session = (): Promise<string | null> => this.page.evaluate(() => remote.session());
  end = (): Promise<void> => this.page.evaluate(() => remote.end());
  wire = (): Promise<readonly Read[]> => this.page.evaluate(() => remote.wire());
  begin = (): Promise<'connected' | Leaving> => this.page.evaluate(() => remote.begin());

  async #afterLogin(start: () => Promise<unknown>): Promise<void> {
    const outcome = (await start()) as Partial<Leaving>;
    const { signInAt } = outcome;
    if (signInAt === undefined) throw new Error(`nobody is asked to sign in: ${JSON.stringify(outcome)}`);
    const back = this.page.waitForURL(url => url.href.startsWith(this.address) && url.searchParams.has('code'));
    back.catch(() => undefined);
    await this.page.evaluate(url => void setTimeout(() => location.assign(url)), signInAt);
    const form = this.page.getByLabel('User name');
    if (
      await Promise.race([
        form.waitFor().then(
          () => true,
          () => false,
        ),
        back.then(() => false),
      ])
    ) {
      await form.fill(ALICE.sub);
      await this.page.getByLabel('Password').fill(ALICE.password);
      await this.page.getByRole('button').click();
    }
    await back;
    await this.#ready();
    await this.page.evaluate(() => remote.resume());
  }

  async #ready(): Promise<void> {
    await this.page.waitForFunction(() => 'remote' in globalThis);
  }
}
