/**
 * `pipeline doctor`: what is there to run on, and what to do about what is missing.
 */
import type { Command } from 'commander';
import { packageVersion } from '../files/package.js';
import { queueHelp, readAddress } from '../queue/address.js';
import type { Finding } from './examination.js';
import { exitCodes } from './exit-codes.js';
import { addSettingsOptions, settingsFrom, type SettingsOptions } from './settings.js';

interface DoctorOptions extends SettingsOptions {
  readonly json?: boolean;
  readonly queue?: string;
}

const marks = { ok: 'ok', missing: '--', broken: '!!' } as const;

export function registerDoctor(program: Command): void {
  const command = program.command('doctor')
    .description('Show what is there to run on - versions, threads, SIMD, GPUs, engines - and what to do about what is missing.')
    .option('--json', 'the findings as JSON')
    .option('--queue <address>', 'look at a queue too: connection, version, distance, memory, rights, runs')
    .action(doctor);
  addSettingsOptions(command).addHelpText('after', `${queueHelp}

Exit codes: 0 all that the settings need is there; 1 something is not; 2 wrong usage or settings.

Examples:
  pipeline doctor
  pipeline doctor --set detect.engine=tfjs
  pipeline doctor --set runtime.device=cuda
  pipeline doctor --queue redis://host:6379/0`);
}

async function doctor(options: DoctorOptions): Promise<void> {
  const config = settingsFrom(options);
  // Only here: it loads everything that there is, which no other verb should wait for.
  const { examine, thisDoctorHost } = await import('./examination.js');
  const findings = [...await examine(config, await thisDoctorHost()), ...await queueFindings(options.queue)];
  process.stdout.write(options.json === true ? `${JSON.stringify(findings, undefined, 2)}\n` : layOut(findings));
  process.exitCode = findings.some(({ state }) => state === 'broken') ? exitCodes.failure : exitCodes.ok;
}

async function queueFindings(text: string | undefined): Promise<Finding[]> {
  if (text === undefined) return [];
  const { examineQueue } = await import('../queue/examine.js');
  return (await examineQueue(readAddress(text))).map((each) => ({ part: 'queue', ...each }));
}

/** The findings under a heading for each part. */
function layOut(findings: readonly Finding[]): string {
  const parts = [...new Set(findings.map(({ part }) => part))];
  const blocks = parts.map((part) => [
    part,
    ...findings.filter((each) => each.part === part).map(({ state, text }) => `  ${marks[state]}  ${text}`),
  ].join('\n'));
  const broken = findings.filter(({ state }) => state === 'broken').length;
  const summary = broken === 0 ? 'All that these settings need is there.' : `${String(broken)} of these must be put right (!!).`;
  return `${[`portrait-pipeline ${packageVersion()}`, ...blocks, summary].join('\n\n')}\n`;
}
