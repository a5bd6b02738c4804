// What the fragments of this page take as given.
export declare const key: string;
export declare const cert: string;
