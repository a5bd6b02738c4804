// What the fragments of this page take as given.
import type { ClientOptions } from 'nestjs-eie';

export declare const client: ClientOptions;
export declare const customers: Set<string>;
export declare const directoryId: string;
export declare const clientIdOfThisApi: string;
