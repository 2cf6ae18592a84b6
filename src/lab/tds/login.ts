// MS-TDS 3.3.5.1 to 3.3.5.4: the server's side of a login, and the tokens that answer it.
import type { ServerMessage } from '../values.ts';
import type { LoginOutcome, LoginRequest, TdsBackend } from './backend.ts';
import { type Dialect, negotiate } from './dialect.ts';
import { feature, type Login7 } from './login7.ts';
import { defaultPacketSize, largestPacket, type MessageWriter } from './packets.ts';
import {
  doneStatus,
  doneToken,
  writeCollationChange,
  writeDone,
  writeFeatureExtAck,
  writeLoginAck,
  writeMessage,
  writeTextChange,
} from './tokens.ts';

/** A login the server itself refuses, before it asks who it is. Undefined when there is nothing against it. */
export function objection(login: Login7, accessTokens: boolean): ServerMessage | undefined {
  if (login.proof.kind === 'integrated') {
    return loginError(
      18452,
      'Login failed. The login is from an untrusted domain and cannot be used with Integrated authentication. Use a SQL login or a Microsoft Entra access token.',
    );
  }
  if (login.changesPassword)
    return loginError(18456, 'The password of a login cannot be changed while logging in to this server.');
  if (login.features.has(feature.federatedAuthentication) && !accessTokens) {
    return loginError(
      18456,
      "Login failed for user '<token-identified principal>'. This server takes SQL logins only, no Microsoft Entra access tokens.",
    );
  }
  return undefined;
}

/** A login error as SQL Server sends it: class 14. */
export function loginError(number: number, message: string): ServerMessage {
  return { number, class: 14, state: 1, message, line: 1 };
}

/** The dialect to answer in, also to a client whose own version is not spoken here. */
export function dialectFor(login: Login7, strict: boolean): { readonly dialect: Dialect; readonly spoken: boolean } {
  const dialect = negotiate(login.tdsVersion, strict);
  if (dialect) return { dialect, spoken: true };
  return { dialect: { version: 0x71000001, wide: false, dateTypes: false, nullBitmaps: false }, spoken: false };
}

/** Bytes per packet: what the client asks for, within what TDS allows. */
export function settledPacketSize(asked: number): number {
  return asked === 0 ? defaultPacketSize : Math.min(largestPacket, Math.max(512, asked));
}

/** LOGIN7 as the backend is told it. */
export function loginRequest(
  login: Login7,
  proof: LoginRequest['proof'],
  encrypted: boolean,
  remoteAddress: string,
): LoginRequest {
  const { database, applicationName, hostName, libraryName, readOnlyIntent } = login;
  return { proof, database, applicationName, hostName, libraryName, readOnlyIntent, encrypted, remoteAddress };
}

/** The answer to a login that was accepted, in SQL Server's order. */
export function writeLoginAccepted(
  writer: MessageWriter,
  dialect: Dialect,
  backend: TdsBackend,
  login: Login7,
  outcome: Extract<LoginOutcome, { accepted: true }>,
): void {
  const { session } = outcome;
  const { body } = writer;
  const language = login.language || 'us_english';
  const information = (number: number, state: number, message: string) => {
    writeMessage(body, dialect, session.serverName, { number, class: 0, state, message, line: 1 });
  };
  writeTextChange(body, 1, session.database, 'master');
  information(5701, 2, `Changed database context to '${session.database}'.`);
  writeCollationChange(body);
  writeTextChange(body, 2, language, '');
  information(5703, 1, `Changed language setting to ${language}.`);
  writeLoginAck(body, dialect, backend.productVersion);
  const size = settledPacketSize(login.packetSize);
  writeTextChange(body, 4, String(size), String(defaultPacketSize));
  writeFeatureExtAck(body, login.features);
  writeDone(body, dialect, { token: doneToken.statement, status: 0, command: 0, rowCount: 0 });
  writer.end();
  writer.packetSize = size;
}

/** The answer to a login that was refused. */
export function writeLoginRefused(
  writer: MessageWriter,
  dialect: Dialect,
  serverName: string,
  errors: readonly ServerMessage[],
): void {
  for (const error of errors) writeMessage(writer.body, dialect, serverName, error);
  writeDone(writer.body, dialect, { token: doneToken.statement, status: doneStatus.error, command: 0, rowCount: 0 });
  writer.end();
}
