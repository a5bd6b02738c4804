import { type Parts, type Setting } from '../boot-proof/fixture.js';

/** An application that runs, and who asks it. */
export interface Running extends Setting {
  readonly url: string;
}

/** One mistake that an application boots with, or that shows in a call. Undoing it must be enough. */
export interface Mistake {
  /** As whoever made it would say it. */
  readonly name: string;
  /** The words of one line of the log that say what is wrong. Letters count as they are. */
  readonly cause: readonly string[];
  /** The words of the same line that say what to do. */
  readonly fix: readonly string[];
  /** Of the process while the application runs. */
  readonly env?: Readonly<Record<string, string>>;
  /** What the mistake is in, mended or not. */
  build(setting: Setting): Parts | Promise<Parts>;
  /** The call that the mistake spoils; whether it succeeds. Default: `whoami` over MCP. */
  call?(running: Running): Promise<boolean>;
}

/** What came of one mistake. */
export interface Verdict {
  readonly name: string;
  /** Where it is answered. */
  readonly where: 'boot' | 'log';
  readonly namesCause: boolean;
  readonly namesFix: boolean;
  /** Whether the mended twin boots, answers the call, and says nothing of the kind. */
  readonly mendedWorks: boolean;
  /** What it said, for whoever has to mend the message. */
  readonly said: string;
}
