import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { compositeKey } from '../../composite-key.js';
import { type AuditFiles } from '../log/audit-files.js';
import { keyFile, readKeyFile } from '../log/key-file.js';

/** A user, as an issuer names them. */
export interface Person {
  readonly issuer: string;
  readonly tenant?: string | undefined;
  readonly sub: string;
}

const INDEX = 'index.key';
const NAME = /^([0-9a-f]{32})\.[0-9a-f]{32}\.key$/;

/**
 * A random key for each person, each in a file of its own, beside the logs of a directory that share them. The names of the files are keyed hashes of
 * subject, issuer and tenant, so that a person can be found by those who know whom they look for.
 */
export class PersonKeys {
  private constructor(
    private readonly files: AuditFiles,
    private readonly folder: string,
    private readonly index: Uint8Array,
  ) {}

  /** @param directory of all logs; the folder is made where there is none */
  static async open(files: AuditFiles, directory: string): Promise<PersonKeys> {
    const folder = folderIn(directory);
    await files.makeFolder(folder);
    return new PersonKeys(files, folder, await keyFile(files, join(folder, INDEX)));
  }

  /** @returns `undefined` where no log of the directory has ever had pseudonyms; nothing is made */
  static async find(files: AuditFiles, directory: string): Promise<PersonKeys | undefined> {
    const index = await readKeyFile(files, join(folderIn(directory), INDEX));
    return index && new PersonKeys(files, folderIn(directory), index);
  }

  /** The key of a person, which is made where there is none and is on the device before it is used. */
  of(person: Person): Promise<Uint8Array> {
    return keyFile(this.files, this.#pathOf(person));
  }

  /** The keys of all that have this subject, at whatever issuer. */
  async named(sub: string): Promise<Uint8Array[]> {
    const names = (await this.files.list(this.folder)).filter(name => NAME.exec(name)?.[1] === this.#hash(sub));
    const keys = await Promise.all(names.map(name => readKeyFile(this.files, join(this.folder, name))));
    return keys.filter(key => key !== undefined);
  }

  /** Resolves when the key is gone from the device, with whether there was one. */
  async remove(person: Person): Promise<boolean> {
    const path = this.#pathOf(person);
    const isThere = (await this.files.state(path)) !== undefined;
    await this.files.remove(path);
    await this.files.syncFolder(this.folder);
    return isThere;
  }

  #pathOf({ sub, issuer, tenant }: Person): string {
    return join(this.folder, `${this.#hash(sub)}.${this.#hash(issuer, tenant)}.key`);
  }

  #hash(...parts: (string | undefined)[]): string {
    return createHmac('sha256', this.index)
      .update(compositeKey(...parts))
      .digest('hex')
      .slice(0, 32);
  }
}

const folderIn = (directory: string): string => join(directory, 'person-keys');
