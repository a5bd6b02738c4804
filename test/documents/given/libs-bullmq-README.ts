// What the fragments of this page take as given.
import type { Queue } from 'bullmq';

export declare class SendReport {
  report: string;
}
export declare const connection: { host: string; port: number };
export class Given {
  declare readonly queue: Queue;
}
