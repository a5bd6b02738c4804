import { IsBoolean, IsIn, IsInt, IsOptional, Matches, Min, MinLength, ValidateBy } from 'class-validator';
import {
  type AuditDurability,
  type AuditExporter,
  AuditLog,
  type CheckpointAnchor,
  type CheckpointSigner,
} from 'execution-identity';
import { areNamed, INSTANCE_NAME } from 'execution-identity/internal';
import { Extends, HasMethod } from './port-constraints.js';

const IsAnchor = (): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isAnchor',
      validator: {
        validate: value =>
          typeof value === 'string'
            ? value !== ''
            : typeof (value as Partial<CheckpointAnchor> | null)?.publish === 'function',
      },
    },
    { message: '$property must be the path of a folder, or a CheckpointAnchor: { name, publish(checkpoint) }' },
  );

export class AuditOptions {
  /** Your own audit log. */
  @IsOptional()
  @Extends(AuditLog)
  log?: AuditLog;

  /** The folder of the default audit log; each process writes a folder of its own in it. Default `eie-audit` in the working directory. */
  @IsOptional()
  @MinLength(1, { message: '$property must be the path of a folder' })
  directory?: string;

  /** The name of the folder of this process. Default: the name of the host; a second process there gets a number behind it. */
  @IsOptional()
  @Matches(INSTANCE_NAME, {
    message: '$property must be a name of letters, digits, ".", "_" and "-", and not "person-keys"',
  })
  instance?: string;

  /** What a record survives before the act that it announces begins: a loss of power (default), or the end of the process alone. */
  @IsOptional()
  @IsIn(['power-loss', 'process-crash'], { message: "$property must be 'power-loss' or 'process-crash'" })
  durability?: AuditDurability;

  /** Seconds that records are kept at least; then they go by whole segments. Default: for ever. */
  @IsOptional()
  @IsInt({ message: '$property must be a whole number of seconds' })
  @Min(86_400, { message: '$property must be a number of seconds, at least a day: 86400' })
  keepFor?: number;

  /** Whether records have pseudonyms in place of subjects and sessions of users, each by a key that can be removed. Default false. */
  @IsOptional()
  @IsBoolean({ message: '$property must be true or false' })
  pseudonyms?: boolean;

  /** Where checkpoints are kept outside this machine: a folder, or your own place. Default: nowhere, and the log is not anchored. */
  @IsOptional()
  @IsAnchor()
  anchor?: string | CheckpointAnchor;

  /** The Ed25519 key that signs checkpoints. Default: one in the folder of the log, made at the first start. */
  @IsOptional()
  @HasMethod('sign', { message: '$property must be a CheckpointSigner: { publicKey, sign(bytes) }' })
  signer?: CheckpointSigner;

  /** Those that bring records elsewhere, behind the log: `new LoggerAuditExporter()`, `new OtelLogsAuditExporter()`, your own. */
  @IsOptional()
  @ValidateBy(
    {
      name: 'areExporters',
      validator: {
        validate: (value: unknown) =>
          Array.isArray(value) && areNamed(value.map(one => Object(one) as Partial<AuditExporter>)),
      },
    },
    {
      message:
        '$property must be a list of AuditExporter, each with a name of its own: letters, digits, ".", "_" and "-"',
    },
  )
  exporters?: AuditExporter[];

  /** Whether answers say where their outcome is on the audit log, so that a receipt can be asked for. Default false. */
  @IsOptional()
  @IsBoolean({ message: '$property must be true or false' })
  namesRecords?: boolean;
}
