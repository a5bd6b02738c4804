import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';

const schema = JSON.parse(
  readFileSync(new URL('../../libs/core/schema/audit-record-1.schema.json', import.meta.url), 'utf8'),
) as object;
const ajv = new Ajv({ allowUnionTypes: true });
(addFormats as unknown as { default: (ajv: Ajv) => void }).default(ajv);
const validate = ajv.compile(schema);

/** What is wrong with a record by the schema that the package has; nothing, mostly. */
export const schemaProblems = (record: unknown): string[] =>
  validate(record) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);

/** The members of an event in the schema, in their order. */
export const SCHEMA_MEMBERS = Object.keys((schema as { oneOf: { properties: object }[] }).oneOf[0]!.properties);
