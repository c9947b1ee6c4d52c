/**
 * Writes config.yaml and config.schema.json from the settings' own descriptions, report.schema.json from what reports hold,
 * and from package-lock.json the part of THIRD-PARTY.md about what npm installs: `npm run config`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { URL } from 'node:url';
import { settingsJsonSchema, settingsYaml } from '../dist/config/describe.js';
import { configSchema } from '../dist/pipeline/config.js';
import { reportJsonSchema } from '../dist/reports/schema.js';
import { heading, installedPart } from './third-party.js';

const root = new URL('../', import.meta.url);
writeFileSync(new URL('config.yaml', root), settingsYaml(configSchema));
writeFileSync(new URL('config.schema.json', root), settingsJsonSchema(configSchema));
writeFileSync(new URL('report.schema.json', root), reportJsonSchema());

const thirdParty = new URL('THIRD-PARTY.md', root);
const [own] = readFileSync(thirdParty, 'utf8').split(heading);
writeFileSync(thirdParty, own + installedPart(JSON.parse(readFileSync(new URL('package-lock.json', root), 'utf8'))));
