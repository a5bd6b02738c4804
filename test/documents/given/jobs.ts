// What the fragments of this page take as given.
import type { JobIdentities } from 'nestjs-eie';

export declare class SendReport {
  report: string;
}
export declare const jobs: JobIdentities;
export declare const message: { sealed: string };
export declare const id: string;
export declare const name: string;
export declare const data: { report: string };
export declare const attempt: number;
export class Given {
  declare readonly queue: { push(job: object): Promise<void> };
}
