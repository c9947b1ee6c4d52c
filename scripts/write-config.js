/**
 * Writes config.yaml and config.schema.json from the settings' own descriptions, and report.schema.json from what reports hold:
 * `npm run config`.
 */
import { writeFileSync } from 'node:fs';
import { URL } from 'node:url';
import { settingsJsonSchema, settingsYaml } from '../dist/config/describe.js';
import { configSchema } from '../dist/pipeline/config.js';
import { reportJsonSchema } from '../dist/reports/schema.js';

const root = new URL('../', import.meta.url);
writeFileSync(new URL('config.yaml', root), settingsYaml(configSchema));
writeFileSync(new URL('config.schema.json', root), settingsJsonSchema(configSchema));
writeFileSync(new URL('report.schema.json', root), reportJsonSchema());
