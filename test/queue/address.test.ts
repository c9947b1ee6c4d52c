import { describe, expect, it } from 'vitest';
import { readAddress } from '../../src/queue/address.js';

describe('the address of a queue', () => {
  it('has a host, and a port and a database or the usual ones', () => {
    expect(readAddress('redis://host', {})).toEqual({ shown: 'redis://host:6379/0', host: 'host', port: 6379, database: 0 });
    expect(readAddress('redis://[::1]:7000/3', {})).toMatchObject({ shown: 'redis://[::1]:7000/3', host: '::1', port: 7000, database: 3 });
    expect(readAddress('rediss://host', {})).toMatchObject({ tls: {} });
  });

  it('is shown without its user', () => {
    expect(readAddress('redis://anna@host', { PIPELINE_QUEUE_PASSWORD: 'secret' })).toMatchObject({ shown: 'redis://host:6379/0', username: 'anna', password: 'secret' });
  });

  it('takes the password out of the environment: no process that is started later has it', () => {
    const environment = { PIPELINE_QUEUE_USER: 'anna', PIPELINE_QUEUE_PASSWORD: 'secret' };
    expect(readAddress('redis://host', environment)).toMatchObject({ username: 'anna', password: 'secret' });
    expect(environment).toEqual({ PIPELINE_QUEUE_USER: 'anna' });
  });

  it.each([
    ['host:6379', /no address of a queue/], ['http://host', /no address of a queue/], ['redis://', /no address of a queue/], ['', /no address of a queue/],
    ['redis://host/photos', /a number at most/], ['redis://host?tls=1', /something behind/], ['redis://u:secret@host', /can be read by everybody/],
    ['redis://anna@host', /user anna has no password/],
  ])('is refused as %j', (text, why) => {
    expect(() => readAddress(text, {})).toThrow(why);
    expect(() => readAddress(text, {})).not.toThrow(/secret/);
  });

  it('names a file that is not there', () => {
    expect(() => readAddress('redis://host', { PIPELINE_QUEUE_PASSWORD_FILE: '/nowhere/password' })).toThrow(/\/nowhere\/password \(PIPELINE_QUEUE_PASSWORD_FILE\): it does not exist/);
    expect(() => readAddress('rediss://host', { PIPELINE_QUEUE_CA: '/nowhere/ca' })).toThrow(/\/nowhere\/ca \(PIPELINE_QUEUE_CA\)/);
  });
});
