// What the fragments of this page take as given.
export declare function tokenOfThisServer(): string;
