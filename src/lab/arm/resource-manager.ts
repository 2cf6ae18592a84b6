import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import { ArmError, type LabClock } from '../engine/contract.ts';
import { type ArmAnswer, failed, send } from './answer.ts';
import * as refused from './errors.ts';
import { instanceRoutes } from './instance-routes.ts';
import { linkRoutes } from './link-routes.ts';
import { managementRoutes } from './management-routes.ts';
import { metadataEndpoints } from './metadata.ts';
import { createOperations } from './operations.ts';
import type { ArmCall, ArmContext, ArmMethod, ArmRoute } from './route.ts';
import { createScope } from './scope.ts';
import { type Principal, TokenRefused, type TokenService } from './tokens.ts';

/** What the practice Resource Manager stands on. */
export interface ResourceManagerSettings extends Omit<ArmContext, 'operations'> {
  readonly clock: LabClock;
  readonly tokens: TokenService;
  /** Audiences its tokens must have. */
  readonly audiences: () => readonly string[];
  /** https://127.0.0.1:PORT of the sign-in authority. */
  readonly authority: () => string;
}

type Env = { Bindings: HttpBindings };

/** ARM reads the words of a path in any case; routing wants one. Names keep theirs. */
const canonicalPath = (routes: readonly ArmRoute[]) => {
  const words = new Map(
    routes
      .flatMap(({ path }) => path.split('/').filter(part => part !== '' && !part.startsWith(':')))
      .map(word => [word.toLowerCase(), word]),
  );
  return (path: string): string =>
    `/${path
      .split('/')
      .filter(part => part !== '')
      .map(part => words.get(part.toLowerCase()) ?? part)
      .join('/')}`;
};

const pathOf = (url: string): string => new URL(url).pathname;

const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

/** Azure Resource Manager as the lab answers it: who asks, which version, which resource, in ARM's order and with ARM's error bodies. */
export const createResourceManager = (settings: ResourceManagerSettings): Hono<Env> => {
  const { azure, clock } = settings;
  const context: ArmContext = { ...settings, operations: createOperations(({ status }) => status === 204) };
  const scope = createScope(azure);
  const routes = [
    ...managementRoutes(context, scope),
    ...instanceRoutes(context, scope),
    ...linkRoutes(context, scope),
  ];
  const canonical = canonicalPath(routes);
  const app = new Hono<Env>({ getPath: request => canonical(pathOf(request.url)) });

  const authenticate = async (c: Context<Env>): Promise<Principal> => {
    const header = c.req.header('authorization');
    if (header === undefined) throw refused.notAuthenticated();
    const token = /^Bearer\s+(\S+)$/i.exec(header)?.[1];
    if (token === undefined) throw refused.invalidAuthorizationHeader();
    try {
      return await settings.tokens.check(token, settings.audiences());
    } catch (reason) {
      if (!(reason instanceof TokenRefused)) throw reason;
      throw refused.tokenRefused(reason, settings.audiences());
    }
  };

  const checkVersion = (c: Context<Env>, route: ArmRoute, apiVersion: string): void => {
    if (route.versions.includes(apiVersion.toLowerCase())) return;
    if (route.type === undefined) throw refused.invalidApiVersion(apiVersion, route.versions);
    const location = azure.instances(c.req.param('subscription') ?? '')[0]?.location ?? 'global';
    throw refused.noRegisteredProvider(route.type, apiVersion, location, route.versions);
  };

  const answer = async (c: Context<Env>, route: ArmRoute | undefined): Promise<ArmAnswer> => {
    const apiVersion = c.req.query('api-version');
    if (apiVersion === undefined || apiVersion === '') throw refused.missingApiVersion();
    const principal = await authenticate(c);
    if (!route) throw refused.unknownPath(pathOf(c.req.url));
    checkVersion(c, route, apiVersion);
    const method = c.req.method === 'HEAD' ? 'GET' : c.req.method;
    const handle = route.methods[method as ArmMethod];
    if (!handle)
      return { ...failed(refused.methodNotAllowed(method)), headers: { allow: Object.keys(route.methods).join(', ') } };
    return handle(callOf(c, apiVersion.toLowerCase(), principal));
  };

  const respond = async (c: Context<Env>, route: ArmRoute | undefined): Promise<Response> => {
    const path = pathOf(c.req.url);
    const fault = azure.takeFault(c.req.method, path);
    if (fault && 'delayMs' in fault) await clock.sleep(fault.delayMs);
    const injected = fault && 'status' in fault ? fault : undefined;
    const given = injected
      ? failed(new ArmError(injected.status, injected.code, injected.message), injected.retryAfterSeconds)
      : await answer(c, route).catch(failed);
    azure.recordRequest(c.req.method, `${path}${new URL(c.req.url).search}`, given.status);
    if (fault && 'dropAfter' in fault) {
      c.env.incoming.socket.destroy();
      return RESPONSE_ALREADY_SENT;
    }
    return send(given, name => c.req.header(name), `${settings.authority()}/${azure.tenantId}`);
  };

  app.get('/metadata/endpoints', c =>
    c.json(
      metadataEndpoints(
        settings.resourceManager(),
        settings.authority(),
        settings.audiences(),
        c.req.query('api-version') ?? '',
      ),
    ),
  );
  for (const route of routes) app.all(route.path, c => respond(c, route));
  app.notFound(c => respond(c, undefined));
  return app;
};

const callOf = (c: Context<Env>, apiVersion: string, principal: Principal): ArmCall => ({
  apiVersion,
  principal,
  query: new URL(c.req.url).searchParams,
  path: pathOf(c.req.url),
  parameter: name => decoded(c.req.param(name) ?? ''),
  body: async () => {
    const text = await c.req.text();
    try {
      return JSON.parse(text) as unknown;
    } catch (reason) {
      throw refused.invalidContent(
        text === '' ? 'the body is empty' : reason instanceof Error ? reason.message : 'not JSON',
      );
    }
  },
});
