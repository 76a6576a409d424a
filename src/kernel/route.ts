import {isIPv4} from 'node:net';
import {inSubnet} from '../base/subnet.js';
import type {Route, RoutingRule} from '../model/facts.js';
import type {NetnsTables} from '../model/netns-tables.js';

export interface RouteChoice {
  verdict: 'found' | 'none' | 'unknown';
  route?: Route;
  /** Why it is unknown, or which route refuses. */
  reason?: string;
}

/**
 * The route that the kernel would take (net/ipv4/fib_trie.c): rules by priority, in each table the longest prefix,
 * then the lowest metric. What is more than that (marks, several next hops, a selector beyond source and
 * destination) is unknown, never guessed.
 */
export function chooseRoute({routes, rules, partial}: NetnsTables, dst: string, src?: string): RouteChoice {
  if (!routes) return {verdict: 'unknown', reason: 'its routes were not read'};
  if (!isIPv4(dst)) return {verdict: 'unknown', reason: 'only IPv4 routes are walked'};
  for (const rule of inOrder(rules)) {
    const choice = choiceBy(rule, routes, dst, src);
    if (choice) return choice;
  }
  if (partial?.has('route') || partial?.has('rule'))
    return {
      verdict: 'unknown',
      reason: 'its routes were not read whole, and none of those that were leads there',
    };
  return {verdict: 'none', reason: 'no table has a route to it'};
}

type Selector = Pick<RoutingRule, 'priority' | 'src' | 'dst' | 'table' | 'other'>;

/** The rules of every namespace that nobody gave others (net/ipv4/fib_rules.c, fib_default_rules_init). */
const standardRules: Selector[] = [
  {priority: 0, src: 'all', table: 'local'},
  {priority: 32_766, src: 'all', table: 'main'},
  {priority: 32_767, src: 'all', table: 'default'},
];

function inOrder(rules: RoutingRule[] | undefined): Selector[] {
  if (!rules) return standardRules;
  return rules.filter(({family}) => family === 'inet').sort((a, b) => a.priority - b.priority);
}

/** What a rule makes of a packet; undefined where the next one is asked. */
function choiceBy(
  rule: Selector,
  routes: Route[],
  dst: string,
  src: string | undefined,
): RouteChoice | undefined {
  const {table, priority} = rule;
  const route = table === undefined ? undefined : best(routes, table, dst);
  if (isConditional(rule)) {
    if (table !== undefined && !route) return undefined;
    const reason = `the rule with priority ${priority} matches by something that is not walked`;
    return {verdict: 'unknown', reason};
  }
  if (!selects(rule, dst, src) || !route || route.type === 'throw') return undefined;
  return verdictOf(route);
}

/** Whether a rule asks for more than addresses. */
function isConditional({other = {}}: Selector): boolean {
  return Object.keys(other).some((key) => key !== 'protocol');
}

function selects(rule: Selector, dst: string, src: string | undefined): boolean {
  if (rule.src !== 'all' && (src === undefined || !matches(src, rule.src))) return false;
  return rule.dst === undefined || matches(dst, rule.dst);
}

/** What a route that was chosen does with the packet. */
function verdictOf(route: Route): RouteChoice {
  if (route.other && Object.keys(route.other).length > 0)
    return {verdict: 'unknown', route, reason: 'the route has a condition that is not walked'};
  if (route.nexthops && route.nexthops.length > 1)
    return {verdict: 'unknown', route, reason: 'the route has several next hops'};
  if (route.type === 'unicast' || route.type === 'local') return {verdict: 'found', route};
  return {verdict: 'none', route, reason: `a ${route.type} route to ${route.dst}`};
}

function best(routes: Route[], table: string, dst: string): Route | undefined {
  let found: Route | undefined;
  for (const route of routes) {
    if (route.table !== table || route.family !== 'inet' || route.flags.includes('dead')) continue;
    if (found && !precedes(route, found)) continue;
    if (covers(route.dst, dst)) found = route;
  }
  return found;
}

/** The longer prefix first, then the lower metric. */
function precedes(route: Route, other: Route): boolean {
  return (prefixLength(route.dst) - prefixLength(other.dst) || (other.metric ?? 0) - (route.metric ?? 0)) > 0;
}

function covers(prefix: string, address: string): boolean {
  return prefix === 'default' || matches(address, prefix);
}

function matches(address: string, prefix: string): boolean {
  return prefix.includes('/') ? inSubnet(address, prefix) : address === prefix;
}

function prefixLength(prefix: string): number {
  if (prefix === 'default') return -1;
  return prefix.includes('/') ? Number(prefix.split('/')[1]) : 32;
}
