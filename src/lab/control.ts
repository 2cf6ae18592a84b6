import { Hono } from 'hono';
import * as v from 'valibot';
import type { KnobView } from './engine/contract.ts';

/** What the control server steers. */
export interface Controlled {
  state(): unknown;
  knobs(): readonly KnobView[];
  /** Throws Error naming the knob and what it takes. */
  setKnobs(values: Readonly<Record<string, unknown>>): Promise<void>;
  dropConnections(side: 'sqlServer' | 'managedInstance', abruptly: boolean): void;
  stop(): Promise<void>;
}

const network = v.strictObject({
  drop: v.picklist(['sqlServer', 'managedInstance']),
  abruptly: v.optional(v.boolean(), false),
});

const reasonOf = (reason: unknown): string => (reason instanceof Error ? reason.message : String(reason));

/** LSNs are bigint in the engine; JSON has none, and a number would lose digits. */
const json = (value: unknown): string =>
  JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? item.toString() : item));

const parseObject = (text: string): Readonly<Record<string, unknown>> => {
  const value: unknown = JSON.parse(text === '' ? '{}' : text);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('The body must be a JSON object.');
  return { ...value };
};

/**
 * The practice lab's own remote control on loopback: GET /state, GET and POST /knobs, POST /network, POST /stop.
 * It answers only to loopback host names, so that a web page open in a browser cannot reach it by rebinding a name.
 */
export const createControl = (lab: Controlled): Hono => {
  const app = new Hono();
  const send = (body: unknown, status = 200) =>
    new Response(json(body), { status, headers: { 'content-type': 'application/json; charset=utf-8' } });
  const refuse = (status: number, message: string) => send({ error: message }, status);

  app.use(async (c, next) => {
    const host = new URL(c.req.url).hostname;
    const origin = c.req.header('origin');
    if (!['127.0.0.1', 'localhost', '[::1]'].includes(host) || origin !== undefined)
      return refuse(403, 'The practice lab answers local programs only.');
    return next();
  });
  app.get('/state', () => send(lab.state()));
  app.get('/knobs', () => send({ knobs: lab.knobs() }));
  app.post('/knobs', async c => {
    try {
      await lab.setKnobs(parseObject(await c.req.text()));
    } catch (reason) {
      return refuse(400, reasonOf(reason));
    }
    return send({ knobs: lab.knobs() });
  });
  app.post('/network', async c => {
    try {
      const { drop, abruptly } = v.parse(network, parseObject(await c.req.text()));
      lab.dropConnections(drop, abruptly);
    } catch (reason) {
      return refuse(400, reasonOf(reason));
    }
    return send({ done: true });
  });
  app.post('/stop', () => {
    // After the answer has left: stopping closes this very connection.
    setTimeout(() => void lab.stop(), 20);
    return send({ stopping: true });
  });
  app.notFound(c =>
    refuse(
      404,
      `The practice lab's control server has no ${c.req.method} ${c.req.path}. It has GET /state, GET /knobs, POST /knobs, POST /network and POST /stop.`,
    ),
  );
  app.onError(reason => refuse(500, reasonOf(reason)));
  return app;
};
