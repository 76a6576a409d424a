import type {Route} from '../model/facts.js';

/** The default route that the kernel would take: the one of the lowest metric. */
export function defaultRoute(routes: Route[], family: Route['family']): Route | undefined {
  return routes
    .filter(
      (route) =>
        route.dst === 'default' &&
        route.table === 'main' &&
        route.type === 'unicast' &&
        route.family === family,
    )
    .reduce<Route | undefined>(
      (best, route) => (best === undefined || (route.metric ?? 0) < (best.metric ?? 0) ? route : best),
      undefined,
    );
}
