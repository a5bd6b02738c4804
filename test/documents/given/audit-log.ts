// What the fragments of this page take as given.
import type { AuditExporter } from 'nestjs-eie';

export declare function cosignaturesOf(note: string): Promise<string>;
export declare const YourExporter: new () => AuditExporter;
export declare const database: {
  insert(table: string, rows: object[], options: { onConflict: string; signal: AbortSignal }): Promise<void>;
  ids(table: string): Promise<string[]>;
};
