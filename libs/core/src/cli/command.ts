/** Where a command writes, so that it can be tested and its output can be piped. */
export interface Terminal {
  readonly write: (text: string) => void;
  /** Resolves when the reader has taken what was written so far, or most of it. */
  readonly drained: () => Promise<void>;
  /** Progress and mistakes, beside the output. */
  readonly note: (text: string) => void;
  /** Whether colours and progress are for somebody who looks at them. */
  readonly isInteractive: boolean;
  /** Asks a question, and resolves with what is typed. Absent where nobody can be asked. */
  readonly ask?: (question: string) => Promise<string>;
  /** Aborts when the user has had enough. */
  readonly signal: AbortSignal;
}

/** 0: all is as it should be. 1: false or broken. 2: a wrong command. 3: right, but by nobody's word than the operator's. */
export type ExitCode = 0 | 1 | 2 | 3;

/** What was typed: `{ folder }` and the like, as {@link Command} declares them. */
export interface Typed {
  readonly positionals: readonly string[];
  text(name: string): string | undefined;
  list(name: string): readonly string[];
  isSet(name: string): boolean;
}

export interface Command {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** The rest of its usage, each line as it is shown. */
  readonly usage: readonly string[];
  /** How many folders, files or names it takes. */
  readonly operands: number;
  /** Whether Ctrl-C aborts the signal of the terminal, which ends it in order. Others it ends at once. */
  readonly endsInOrder?: true;
  readonly options: Readonly<
    Record<string, { readonly type: 'string' | 'boolean'; readonly multiple?: boolean; readonly short?: string }>
  >;
  /** Resolves with an {@link ExitCode}, or with the exit code of the program that the command has run. */
  run(typed: Typed, terminal: Terminal): Promise<number>;
}

/** The command cannot be understood, or not be done here. The message says what to type instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
