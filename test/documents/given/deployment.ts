// What the fragments of this page take as given.
import { type createClient } from 'redis';

export declare const client: ReturnType<typeof createClient>;
