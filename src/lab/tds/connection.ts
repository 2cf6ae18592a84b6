// MS-TDS 3.3.1 Abstract Data Model and 3.3.5: the states of a connection until its client is logged in.
import type { Socket } from 'node:net';
import type { ServerMessage } from '../values.ts';
import type { ListenerOptions, LoginRequest, TdsBackend } from './backend.ts';
import { ProtocolViolation } from './bytes.ts';
import { Conversation } from './conversation.ts';
import type { Dialect } from './dialect.ts';
import {
  dialectFor,
  loginError,
  loginRequest,
  objection,
  settledPacketSize,
  writeLoginAccepted,
  writeLoginRefused,
} from './login.ts';
import { type Login7, readFederatedToken, readLogin7 } from './login7.ts';
import { type Message, MessageWriter, packetType } from './packets.ts';
import { readPrelogin, settleEncryption, strictEncryption, type TlsCoverage, writePrelogin } from './prelogin.ts';
import type { TlsContexts } from './tls.ts';
import { writeFedAuthInfo } from './tokens.ts';
import { Transport } from './transport.ts';

/** What all connections of a listener share. */
export interface ConnectionContext {
  readonly backend: TdsBackend;
  readonly options: ListenerOptions;
  readonly tls: TlsContexts;
}

const tooOld = loginError(
  17892,
  'This server speaks TDS 7.1 to 7.4, and 8.0 with strict encryption. The client asks for another version.',
);
const noAuthority = loginError(
  18456,
  'This server cannot say where to get an access token: give one with the connection.',
);

type State =
  | { readonly at: 'start' }
  | { readonly at: 'login' }
  | { readonly at: 'token'; readonly login: Login7; readonly dialect: Dialect }
  | { readonly at: 'checking' }
  | { readonly at: 'loggedIn'; readonly conversation: Conversation }
  | { readonly at: 'over' };

/** One client, from its first byte to its last. */
export class Connection {
  readonly #context: ConnectionContext;
  readonly #transport: Transport;
  readonly #writer: MessageWriter;
  readonly #remoteAddress: string;
  readonly #gone = new AbortController();
  #state: State = { at: 'start' };
  #coverage: TlsCoverage = 'none';

  constructor(socket: Socket, context: ConnectionContext, onClosed: () => void) {
    this.#context = context;
    this.#remoteAddress = socket.remoteAddress ?? '';
    this.#transport = new Transport(socket, context.tls, {
      message: message => this.#receive(message),
      strictAllowed: () => context.options.encryption !== 'notSupported',
      closed: reason => {
        if (reason) context.options.onBroken?.(reason);
        this.#over();
        onClosed();
      },
    });
    this.#writer = new MessageWriter(bytes => this.#transport.send(bytes));
  }

  /** Closes at once; `abruptly` sends RST instead of FIN. */
  drop(abruptly: boolean): void {
    this.#transport.destroy(abruptly);
  }

  #receive(message: Message): void {
    const state = this.#state;
    switch (state.at) {
      case 'start':
        // Some clients send LOGIN7 without PRELOGIN when they want no encryption.
        if (message.type === packetType.login7) this.#login(message);
        else this.#prelogin(message);
        break;
      case 'login':
        this.#login(message);
        break;
      case 'token':
        this.#token(message, state.login, state.dialect);
        break;
      case 'checking':
        throw new ProtocolViolation('A message before the login is answered');
      case 'loggedIn':
        state.conversation.receive(message);
        break;
      case 'over':
        break;
    }
  }

  #prelogin(message: Message): void {
    expectType(message, packetType.prelogin);
    const { options, backend } = this.#context;
    const asked = readPrelogin(message.payload);
    const { answer, coverage } = this.#transport.strict
      ? strictEncryption
      : settleEncryption(asked.encryption, options.encryption);
    writePrelogin(
      this.#writer.body,
      backend.productVersion,
      answer,
      asked.asksForFederatedAuthentication ? options.accessTokens : undefined,
    );
    this.#writer.end();
    this.#coverage = coverage;
    this.#state = { at: 'login' };
    if (coverage === 'all' || coverage === 'login') this.#transport.startTunnel();
  }

  #login(message: Message): void {
    expectType(message, packetType.login7);
    const { options, backend } = this.#context;
    const encryptionMissing = !this.#transport.strict && this.#coverage !== 'all' && options.encryption === 'required';
    if (encryptionMissing) throw new ProtocolViolation('LOGIN7 without encryption, which is required');
    const login = readLogin7(message.payload);
    if (this.#coverage === 'login') this.#transport.leaveTls();
    const { dialect, spoken } = dialectFor(login, this.#transport.strict);
    const refusal = spoken ? objection(login, options.accessTokens) : tooOld;
    if (refusal) this.#refuse(dialect, backend.serverName, refusal);
    else if (login.proof.kind === 'tokenLater') this.#askForToken(login, dialect);
    else if (login.proof.kind !== 'integrated') void this.#check(login, dialect, login.proof);
  }

  #askForToken(login: Login7, dialect: Dialect): void {
    const { options, backend } = this.#context;
    if (!options.tokenAuthority) {
      this.#refuse(dialect, backend.serverName, noAuthority);
      return;
    }
    this.#state = { at: 'token', login, dialect };
    writeFedAuthInfo(this.#writer.body, options.tokenAuthority.stsUrl, options.tokenAuthority.resource);
    this.#writer.end();
  }

  #token(message: Message, login: Login7, dialect: Dialect): void {
    expectType(message, packetType.federatedToken);
    void this.#check(login, dialect, { kind: 'accessToken', token: readFederatedToken(message.payload) });
  }

  async #check(login: Login7, dialect: Dialect, proof: LoginRequest['proof']): Promise<void> {
    this.#state = { at: 'checking' };
    const { backend } = this.#context;
    const encrypted = this.#transport.strict || this.#coverage === 'all';
    try {
      const outcome = await backend.login(
        loginRequest(login, proof, encrypted, this.#remoteAddress),
        this.#gone.signal,
      );
      if (!outcome.accepted) return this.#refuse(dialect, backend.serverName, ...outcome.errors);
      if (this.#gone.signal.aborted) return outcome.session.close();
      this.#transport.limitPackets(settledPacketSize(login.packetSize));
      const conversation = new Conversation(
        outcome.session,
        {
          writer: this.#writer,
          dialect,
          serverName: outcome.session.serverName,
          transaction: { open: false },
          drained: signal => this.#transport.drained(signal),
        },
        reason => {
          this.#context.options.onBroken?.(reason);
          this.#transport.end();
        },
      );
      this.#state = { at: 'loggedIn', conversation };
      writeLoginAccepted(this.#writer, dialect, backend, login, outcome);
    } catch (error) {
      this.#context.options.onBroken?.(error instanceof Error ? error : new Error(String(error)));
      // A backend that cannot check a login has lost its instance: to the client the server is gone.
      this.#transport.destroy();
    }
  }

  #refuse(dialect: Dialect, serverName: string, ...errors: readonly ServerMessage[]): void {
    this.#state = { at: 'over' };
    writeLoginRefused(this.#writer, dialect, serverName, errors);
    this.#transport.end();
  }

  #over(): void {
    this.#gone.abort(new DOMException('The client has closed the connection', 'AbortError'));
    if (this.#state.at === 'loggedIn') this.#state.conversation.close();
    this.#state = { at: 'over' };
  }
}

function expectType(message: Message, type: number): void {
  if (message.type !== type) throw new ProtocolViolation(`A packet of type ${message.type} where ${type} was expected`);
}
