// MS-TDS 3.3.5.5 to 3.3.5.7: a logged-in client's requests, one at a time, and attention.
import type { TdsSession } from './backend.ts';
import { ProtocolViolation } from './bytes.ts';
import { type Message, packetType } from './packets.ts';
import { Unsupported } from './parameters.ts';
import { SystemProcedures } from './procedures.ts';
import { readBatch, readRpc, readTransactionRequest } from './requests.ts';
import { Answer, type AnswerContext, acknowledgeAttention } from './response.ts';
import { ValueDoesNotFit } from './rows.ts';
import { writeResetAcknowledgement } from './tokens.ts';

/** An attention is answered when the statement has really stopped, but after this many ms in any case. */
const patience = 500;

interface RunningRequest {
  readonly answer: Answer;
  readonly abort: AbortController;
  attention: 'none' | 'waiting' | 'answered';
}

/** What a client says after login, and what it is answered. */
export class Conversation {
  readonly #session: TdsSession;
  readonly #context: AnswerContext;
  readonly #procedures: SystemProcedures;
  readonly #drop: (reason: Error) => void;
  #running: RunningRequest | undefined;
  /** A request that arrived while a cancelled statement was still stopping. */
  #next: Message | undefined;
  #closed = false;

  /** `drop` closes the connection once what is written has been sent. */
  constructor(session: TdsSession, context: AnswerContext, drop: (reason: Error) => void) {
    this.#session = session;
    this.#context = context;
    this.#procedures = new SystemProcedures(session);
    this.#drop = drop;
  }

  /** Throws ProtocolViolation when the client may not say this now. */
  receive(message: Message): void {
    if (message.type === packetType.attention) this.#attention();
    else if (!this.#running) void this.#serve(message);
    else if (this.#running.attention === 'answered' && !this.#next) this.#next = message;
    else throw new ProtocolViolation('A second request while one is running (MARS is not offered)');
  }

  /** The client has gone: what runs is aborted, then the session closed, but not before calls to it have ended (or patience has). */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#next = undefined;
    const running = this.#running;
    if (!running) {
      this.#session.close();
      return;
    }
    running.answer.abandon();
    running.abort.abort(new DOMException('The client has closed the connection', 'AbortError'));
    setTimeout(() => this.#closeSession(running), patience).unref();
  }

  #closeSession(running: RunningRequest): void {
    if (this.#running !== running) return;
    this.#running = undefined;
    this.#session.close();
  }

  async #serve(message: Message): Promise<void> {
    const abort = new AbortController();
    const answer = new Answer(this.#context, abort.signal);
    const running: RunningRequest = { answer, abort, attention: 'none' };
    this.#running = running;
    const broken = await this.#perform(message, answer, abort.signal);
    if (this.#closed) return this.#closeSession(running);
    this.#running = undefined;
    if (running.attention === 'waiting') this.#answerAttention(running);
    else if (running.attention === 'none') answer.finish();
    if (broken) return this.#drop(broken);
    const next = this.#next;
    this.#next = undefined;
    if (next) void this.#serve(next);
  }

  /** Never rejects. Answers with the reason when the connection cannot go on. */
  async #perform(message: Message, answer: Answer, signal: AbortSignal): Promise<Error | undefined> {
    try {
      this.#resetIfAsked(message);
      if (!message.ignored) await this.#dispatch(message, answer, signal);
      return undefined;
    } catch (thrown) {
      if (signal.aborted) return undefined;
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      const refusal = refusalOf(error);
      if (refusal) answer.message({ class: 16, state: 1, line: 1, ...refusal });
      // What else the session throws stands for a connection that breaks, so the client gets no answer.
      else answer.abandon();
      return refusal && !(error instanceof ProtocolViolation) ? undefined : error;
    }
  }

  #resetIfAsked(message: Message): void {
    if (message.reset === 'no') return;
    if (message.reset === 'resetKeepingTransaction')
      throw new Unsupported('Connection resets that keep the transaction (RESETCONNECTIONSKIPTRAN)');
    this.#session.reset();
    this.#procedures.reset();
    this.#context.transaction.open = false;
    writeResetAcknowledgement(this.#context.writer.body);
  }

  async #dispatch(message: Message, answer: Answer, signal: AbortSignal): Promise<void> {
    const { dialect } = this.#context;
    switch (message.type) {
      case packetType.sqlBatch:
        return this.#session.batch(readBatch(message.payload, dialect), answer, signal);
      case packetType.rpc:
        for (const call of readRpc(message.payload, dialect)) await this.#procedures.call(call, answer, signal);
        return;
      case packetType.transactionManager: {
        const request = readTransactionRequest(message.payload, dialect);
        await this.#session.transaction(request.kind, answer, signal);
        if (request.thenBegin) await this.#session.transaction('begin', answer, signal);
        return;
      }
      case packetType.bulkLoad:
        throw new Unsupported('Bulk loads (INSERT BULK)');
      default:
        throw new ProtocolViolation(`A packet of type ${message.type} after login`);
    }
  }

  #attention(): void {
    const running = this.#running;
    if (running?.attention === 'none') {
      running.attention = 'waiting';
      running.abort.abort(new DOMException('The client has cancelled the request', 'AbortError'));
      setTimeout(() => this.#answerAttention(running), patience).unref();
      return;
    }
    if (running?.attention === 'waiting') return;
    // The request it was meant for has been answered already, or has not begun.
    if (this.#next) {
      this.#next = undefined;
      new Answer(this.#context, AbortSignal.abort()).cut();
    }
    acknowledgeAttention(this.#context);
  }

  /** Two messages: tedious waits for the second. Nothing more is sent for this request. */
  #answerAttention(running: RunningRequest): void {
    if (running.attention !== 'waiting' || this.#closed) return;
    running.attention = 'answered';
    running.answer.cut();
    acknowledgeAttention(this.#context);
  }
}

function refusalOf(error: unknown): { readonly number: number; readonly message: string } | undefined {
  if (error instanceof Unsupported)
    return { number: 50000, message: `${error.message} are not supported by the practice server.` };
  if (error instanceof ValueDoesNotFit)
    return { number: 50000, message: `The practice server cannot send this result. ${error.message}` };
  if (error instanceof ProtocolViolation)
    return {
      number: 4002,
      message: `The incoming tabular data stream (TDS) protocol stream is incorrect: ${error.message}.`,
    };
  return undefined;
}
