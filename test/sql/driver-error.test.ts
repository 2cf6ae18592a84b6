import mssql from 'mssql';
import { describe, expect, it } from 'vitest';
import { adviceFor } from '../../src/link/advice.ts';
import { connectError, type ServerName } from '../../src/sql/connect-error.ts';
import { changeError, readError } from '../../src/sql/request-error.ts';

const server: ServerName = {
  side: 'managedInstance',
  label: 'mi-prod',
  host: 'mi-prod.zone.database.windows.net',
  port: 1433,
  instanceName: undefined,
  login: 'failover',
  connectTimeoutMs: 15_000,
};

/** As mssql and tedious wrap what node says. */
const wrapped = (code: string, message = 'x') => {
  const cause = Object.assign(new Error(message), { code });
  const tedious = Object.assign(new Error(`Failed to connect - ${message}`, { cause }), { code: 'ESOCKET' });
  return new mssql.ConnectionError(tedious);
};

const requestError = (numbers: readonly number[], code = 'EREQUEST') => {
  const [last = new Error('none'), ...before] = numbers
    .map(number => Object.assign(new mssql.RequestError(`Text of ${number}.`, 'EREQUEST'), { number }))
    .reverse();
  return Object.assign(last, { code, precedingErrors: before.reverse() });
};

describe('what prevented a connection', () => {
  it.each([
    ['ENOTFOUND', 'unreachable', /mi-prod\.zone.* could not be looked up/],
    ['EAI_AGAIN', 'unreachable', /could not be looked up/],
    ['ECONNREFUSED', 'unreachable', /:1433 refused the connection/],
    ['ETIMEDOUT', 'unreachable', /did not answer within 15 s/],
    ['EHOSTUNREACH', 'unreachable', /no network path/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificateUntrusted', /self-signed/],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'certificateUntrusted', /self-signed/],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'certificateUntrusted', /authority that this machine does not trust/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'certificateUntrusted', /authority that this machine does not trust/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificateUntrusted', /issued for another name/],
    ['CERT_HAS_EXPIRED', 'certificateUntrusted', /has expired/],
    ['CERT_NOT_YET_VALID', 'certificateUntrusted', /not valid yet/],
    ['CERT_REVOKED', 'certificateUntrusted', /revoked/],
    ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'notEncrypted', /No encrypted connection/],
    ['EPROTO', 'notEncrypted', /No encrypted connection/],
  ])('%s', (code, reason, message) => {
    const { problem } = connectError(wrapped(code), server, []);
    expect(problem).toMatchObject({ reason, venue: 'managedInstance', code });
    expect(problem.message).toMatch(message);
    expect(problem.advice).toBeTruthy();
  });

  it('several addresses tried: the first cause counts', () => {
    const several = Object.assign(new AggregateError([Object.assign(new Error('no'), { code: 'ECONNREFUSED' })]), {
      code: 'ECONNREFUSED',
    });
    expect(connectError(new mssql.ConnectionError(several), server, []).problem).toMatchObject({
      reason: 'unreachable',
      code: 'ECONNREFUSED',
    });
  });
});

describe('what became of a statement', () => {
  it.each([
    [[15151], 'permission', 15151],
    [[300, 297], 'permission', 300],
    [[41142, 19999], 'refused', 41142],
    [[19999, 41142], 'refused', 41142],
    [[50001], 'refused', 50001],
  ])('the server answered with %j', (numbers, reason, number) => {
    expect(changeError(requestError(numbers), server).problem).toMatchObject({
      reason,
      number,
      serverText: numbers.map(n => `Text of ${n}.`).join(' '),
    });
  });

  it('the server spoke, then the connection broke: what it did is not known', () => {
    const lost = Object.assign(new mssql.RequestError('socket hang up', 'EREQUEST'), {
      code: 'ECONNRESET',
      precedingErrors: [requestError([6005])],
    });
    expect(changeError(lost, server).problem).toMatchObject({ reason: 'unknownOutcome', serverText: 'Text of 6005.' });
  });

  it.each(['ECONNRESET', 'ETIMEOUT', 'ECANCEL', 'ESOCKET', 'ECLOSE'])('%s without an answer', code => {
    const lost = Object.assign(new mssql.RequestError('x', 'EREQUEST'), { code });
    expect(changeError(lost, server).problem.reason).toBe('unknownOutcome');
    expect(readError(lost, server).problem.reason).not.toBe('unknownOutcome');
  });
});

/** mi-link.md 7.1 is the list of numbers that AG DDL and links are known to raise. */
const KNOWN = [
  ...[
    41100, 41104, 41113, 41121, 41122, 41131, 41134, 41138, 41140, 41142, 41149, 41154, 41155, 41156, 41160, 41163,
    41164, 41194,
  ],
  ...[
    41165, 41166, 41172, 41183, 41184, 41186, 41187, 41188, 41189, 41190, 41191, 41195, 1408, 1412, 41962, 41973, 41974,
  ],
  ...[41976, 41977, 41986, 47521, 35250, 35206, 35201, 976, 983, 3906],
];

describe('advice', () => {
  it.each(KNOWN)('for error %i', number => expect(adviceFor(number)?.advice).toMatch(/\.$/));

  it('none is invented for an unknown number', () => expect(adviceFor(50_000)).toBeUndefined());

  it('waiting is advised only where it can help', () => {
    expect([41113, 41138, 41149, 983].map(n => adviceFor(n)?.transient)).toEqual([true, true, true, true]);
    expect([41122, 41140, 41142, 41191, 15151].map(n => adviceFor(n)?.transient)).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});
