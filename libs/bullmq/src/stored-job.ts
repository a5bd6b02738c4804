/** What stands in the data of a job: the data of the application, and beside them the identity that is sealed for the job. */
export interface StoredJob {
  readonly eie: string;
  readonly data: unknown;
}

/** Nothing in it is checked: whoever writes into the queue has chosen it. */
export const storedIn = (data: unknown): { readonly eie: unknown; readonly data: unknown } => {
  const { eie, data: own } = (data ?? {}) as Partial<StoredJob>;
  return { eie, data: own };
};
