/**
 * Where a queue is, and who may use it. What is secret never comes from the command line, which every user of a machine can read.
 */
import { readFileSync } from 'node:fs';
import { UsageError } from '../core/usage-error.js';
import { fileProblem } from '../files/problem.js';

export interface QueueAddress {
  /** For people; holds nothing secret. */
  readonly shown: string;
  readonly host: string;
  readonly port: number;
  readonly database: number;
  readonly username?: string;
  readonly password?: string;
  /** Encrypted, with the certificates of those who may vouch for the server: `ca` or, without it, those that Node.js trusts. */
  readonly tls?: { readonly ca?: string };
}

/** The variables that hold what does not belong on a command line. */
export const queueVariables = {
  user: 'PIPELINE_QUEUE_USER',
  password: 'PIPELINE_QUEUE_PASSWORD',
  passwordFile: 'PIPELINE_QUEUE_PASSWORD_FILE',
  ca: 'PIPELINE_QUEUE_CA',
} as const;

/** For the help of every verb that takes an address. */
export const queueHelp = `
The address: redis://HOST[:PORT][/DATABASE], or rediss:// for TLS; Redis 6.2 or newer, or Valkey. Environment variables:
  ${queueVariables.user}           the user (ACL), unless the address has one: redis://USER@HOST
  ${queueVariables.password}       the password; never in the address, which everybody on this machine can read (ps)
  ${queueVariables.passwordFile}  a file that holds it instead
  ${queueVariables.ca}             a file with the certificates (PEM) of who vouches for the server, where it is not a public one`;

const example = 'Write it as redis://host:6379/0, or rediss:// for TLS.';

/**
 * Reads an address, and takes the password out of the environment, so that no process that is started later has it.
 * @param text as the command line has it
 * @throws UsageError, whose message repeats nothing that could be secret
 */
export function readAddress(text: string, environment: NodeJS.ProcessEnv = process.env): QueueAddress {
  const url = parseUrl(text);
  const username = decodeURIComponent(url.username) || environment[queueVariables.user];
  const password = readPassword(environment);
  if (username !== undefined && username !== '' && password === undefined) {
    throw new UsageError(`The queue's user ${username} has no password: set ${queueVariables.password} or ${queueVariables.passwordFile}.`);
  }
  const database = /^\/?(\d{0,5})$/.exec(url.pathname)?.[1];
  if (database === undefined) throw new UsageError(`After the host of --queue comes a number at most, that of the database. ${example}`);
  const port = url.port === '' ? 6379 : Number(url.port);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return {
    shown: `${url.protocol}//${url.hostname}:${String(port)}/${String(Number(database))}`,
    host, port, database: Number(database),
    ...(username === undefined || username === '' ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(url.protocol === 'rediss:' ? { tls: readCertificates(environment) } : {}),
  };
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['redis:', 'rediss:'].includes(url.protocol) || url.hostname === '') {
    throw new UsageError(`--queue is no address of a queue. ${example}`);
  }
  if (url.password !== '') {
    throw new UsageError('A password in --queue can be read by everybody on this machine (ps). '
      + `Put it into ${queueVariables.password}, or into a file that ${queueVariables.passwordFile} names, and leave it out of the address.`);
  }
  if (url.search !== '' || url.hash !== '') throw new UsageError(`--queue has something behind the address. ${example}`);
  return url;
}

function readPassword(environment: NodeJS.ProcessEnv): string | undefined {
  const { [queueVariables.password]: password, [queueVariables.passwordFile]: file } = environment;
  // Photos are opened by processes that inherit the environment.
  Reflect.deleteProperty(environment, queueVariables.password);
  if (password !== undefined && password !== '') return password;
  return file === undefined || file === '' ? undefined : readText(file, queueVariables.passwordFile).replace(/\r?\n$/, '');
}

function readCertificates({ [queueVariables.ca]: file }: NodeJS.ProcessEnv): { readonly ca?: string } {
  return file === undefined || file === '' ? {} : { ca: readText(file, queueVariables.ca) };
}

function readText(file: string, variable: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`Cannot read ${file} (${variable}): ${fileProblem(error, 'read')}`);
  }
}
