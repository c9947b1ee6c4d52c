/**
 * Servers that take a connection and then say nothing, at once or in the middle: everything ends with a sentence, in some seconds.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readAddress } from '../../src/queue/address.js';
import { connectQueue } from '../../src/queue/connection.js';
import { examineQueue } from '../../src/queue/examine.js';
import { containing } from '../support/matchers.js';
import { entry, pipeline } from '../support/pipeline.js';
import { portOf } from '../support/redis.js';
import { endAll, Started } from '../support/started.js';

const folder = mkdtempSync(join(tmpdir(), 'queue-test-'));
const servers: Server[] = [];
const sockets: Socket[] = [];
afterAll(async () => {
  await endAll();
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true, force: true });
});

const info = 'redis_version:7.0.15\r\nmaxmemory_policy:noeviction\r\n';

/** A server that answers so many questions of a connection, and from then on none. @returns its port */
async function silentAfter(answers: number): Promise<number> {
  const server = createServer((socket) => {
    sockets.push(socket);
    let left = answers;
    socket.on('error', () => undefined);
    socket.setEncoding('utf8').on('data', (text) => {
      for (const [, , command = ''] of String(text).matchAll(/\*(\d+)\r\n\$\d+\r\n(\w+)/g)) {
        left -= 1;
        if (left >= 0) socket.write(command.toLowerCase() === 'info' ? `$${String(info.length)}\r\n${info}\r\n` : '+OK\r\n');
      }
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return portOf(server);
}

describe.concurrent('a server that says nothing', () => {
  it('is said not to answer by the commands that need it, which end', async () => {
    writeFileSync(join(folder, 'a.jpg'), 'a photo');
    const address = `redis://127.0.0.1:${String(await silentAfter(0))}/0`;
    const sentence = `${address} does not answer.`;
    const [run, worker] = [['run', folder, '--report', join(folder, 'out.csv')], ['worker', '--root', folder]].map((verb) => new Started([entry, ...verb, '--queue', address]));
    expect([await run?.end(), run?.output]).toEqual([2, containing(sentence)]);
    expect([await worker?.end(), worker?.output]).toEqual([2, containing(sentence)]);
    const doctor = await pipeline('doctor', '--queue', address);
    expect([doctor.code, doctor.stdout]).toEqual([1, containing(`!!  ${sentence}`)]);
  });

  it('may be one that wants no TLS', async () => {
    const address = readAddress(`rediss://127.0.0.1:${String(await silentAfter(0))}`, {});
    await expect(connectQueue(address)).rejects.toThrow('does not answer. Does it speak TLS? If not, write redis://.');
  });

  // What a connection asks while it is opened, one after the other: who it is, how it is, whether it answers, what it is, what may be done.
  it.each([4, 5, 6])('from the question after number %i on is not used', async (answers) => {
    const address = readAddress(`redis://127.0.0.1:${String(await silentAfter(answers))}`, {});
    await expect(connectQueue(address)).rejects.toThrow(`${address.shown} does not answer.`);
  });

  it('in the middle of a look at it is looked at for some seconds only', async () => {
    const address = readAddress(`redis://127.0.0.1:${String(await silentAfter(20))}`, {});
    expect(await examineQueue(address)).toEqual([{ state: 'broken', text: `${address.shown} does not answer.` }]);
  });

  it('while it is used is connected to anew, and asked again', async () => {
    const notes: string[] = [];
    const address = readAddress(`redis://127.0.0.1:${String(await silentAfter(7))}`, {});
    const { client, close } = await connectQueue(address, { onNote: (note) => notes.push(note) });
    expect(await client.get('pipeline:anything')).toBe('OK');
    expect(notes).toEqual([containing('cannot be reached any more'), containing('is there again')]);
    close();
  });
});
