/** A server that instances share, as the harness starts it. */
export interface StoreServer {
  readonly kind: 'redis' | 'postgres' | 'none';
  /** Where instances reach it. */
  readonly url: string;
  /** Everything that is in it, as text. */
  dump(): Promise<string>;
  /** Puts a text into it, for a control of {@link dump}. */
  plant(text: string): Promise<void>;
  /** Each connection is lost, and none is made until {@link start}. */
  stop(): Promise<void>;
  /** @param empty whether all that was in it is lost */
  start(empty?: boolean): Promise<void>;
  /** It is there, and answers nothing until {@link resume}. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** It takes no write until it is told again. */
  readOnly(isOn: boolean): Promise<void>;
  /** For good. */
  close(): Promise<void>;
}
