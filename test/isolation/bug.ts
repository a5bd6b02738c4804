import { type ModuleMetadata } from '@nestjs/common';

/** A change to one file of the library, after the compiler. */
export interface Edit {
  /** How the path of the file ends. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** One way to mix up callers. The harness is not told which: it must see that something crosses. */
export interface Bug extends Pick<ModuleMetadata, 'providers' | 'controllers' | 'imports'> {
  readonly name: string;
  /** Of the library. What is in the other members is of the application. */
  readonly edits?: readonly Edit[];
}
