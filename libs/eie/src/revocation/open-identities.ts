import { type RevocableIdentity } from 'execution-identity';

/** What is still open of an identity. */
export interface OpenIdentity {
  readonly identity: RevocableIdentity;
  readonly end: () => void;
}

class Node {
  older: Node | undefined;
  newer: Node | undefined;

  constructor(readonly open: OpenIdentity) {}
}

/**
 * What is open at this moment: a list, from which each is removed at once. A set of so many short-lived entries would do the same, and its old tables
 * would keep them until a full collection of garbage.
 */
export class OpenIdentities {
  #newest: Node | undefined;

  /** @returns what removes it, to be called when it is no longer open */
  add(open: OpenIdentity): () => void {
    const node = new Node(open);
    node.older = this.#newest;
    if (node.older) node.older.newer = node;
    this.#newest = node;
    let isIn = true;
    return () => {
      if (isIn) this.#remove(node);
      isIn = false;
    };
  }

  /** Those that are open now, the newest first. */
  all(): OpenIdentity[] {
    const all: OpenIdentity[] = [];
    for (let node = this.#newest; node; node = node.older) all.push(node.open);
    return all;
  }

  /** What is removed refers to nothing that is still in the list. */
  #remove(node: Node): void {
    if (node.newer) node.newer.older = node.older;
    else this.#newest = node.older;
    if (node.older) node.older.newer = node.newer;
    node.older = node.newer = undefined;
  }
}
