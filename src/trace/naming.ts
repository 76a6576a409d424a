/** Hop 0: the name that the source looks up, and the answer it gets. */
import {isIPv4} from 'node:net';
import type {Container} from '../model/docker-types.js';
import type {HostModel} from '../model/host.js';
import {answersFor, isServed, type NameAnswer, nameServiceSteps} from '../services/name-service.js';
import {type Chain, chainOn, type Step} from '../services/step.js';
import {knownHost} from '../topology/known-host.js';
import {worse} from './disposition.js';
import type {Trace, TraceEnd, TraceTarget} from './targets.js';
import {ownerOf} from './trace.js';
import {trail} from './trail.js';

export interface Naming {
  asked: string;
  /** Addresses of the destination: the name is right if it gives any of them. */
  addresses: string[];
  /** Null where that is not known. */
  resolves: boolean | null;
  /** The server that the source queries, by its resolv.conf; Docker's embedded DNS where that was not read. */
  server: string;
  hops: Step[];
}

/**
 * What becomes of the source's question for the destination's name. Undefined where there is no such question: they
 * share no network, or the engine serves the source no names.
 */
export function traceName(
  source: TraceEnd,
  target: TraceTarget,
  answer: Trace,
  name: string,
): Naming | undefined {
  const {host, container} = ownerOf(source);
  const networkId = container.endpoints.find(({networkName}) => networkName === answer.network)?.networkId;
  const addresses = addressesOf(target, answer, networkId);
  if (networkId === undefined || addresses.length === 0 || !isServed(host, container)) return undefined;
  const chain = chainOn(host);
  const sandbox = knownHost(host).sandboxOf(container);
  if (sandbox) nameServiceSteps(chain, host, sandbox.namespace, container.name);
  else chain.doubt('name', `the namespace of ${container.name} was not found`);
  if (!chain.broken())
    answerStep(chain, host, container, {name, listed: isListed(target, name), addresses, networkId});
  const steps = trail();
  steps.take(chain.steps);
  const known = steps.hops.every(({verdict}) => verdict === 'pass');
  const [first] = host.resolvers.get(sandbox?.namespace.inode ?? -1)?.nameservers ?? [];
  return {
    asked: name,
    addresses,
    resolves: chain.broken() ? false : known ? true : null,
    server: first !== undefined && isIPv4(first) ? first : '127.0.0.11',
    hops: steps.hops,
  };
}

function addressesOf(target: TraceTarget, {vip, backends}: Trace, networkId: string | undefined): string[] {
  if ('ip' in target) return [target.ip];
  if ('service' in target) return vip ? [vip] : (backends ?? []).map(({address: ip}) => ip);
  const {ip} = ownerOf(target).container.endpoints.find((endpoint) => endpoint.networkId === networkId) ?? {};
  return ip === undefined ? [] : [ip];
}

function isListed(target: TraceTarget, name: string): boolean {
  return !('container' in target) || target.container.name === name;
}

interface Question {
  name: string;
  /** Whether gossip would list it: as a container, a task or a service. */
  listed: boolean;
  addresses: string[];
  networkId: string;
}

function answerStep(
  chain: Chain,
  host: HostModel,
  container: Container,
  {name, listed, addresses, networkId}: Question,
): void {
  const {answers, unread} = answersFor(host, container, name);
  const evidence = answers.map(answerText);
  const here = answers.find((answer) => answer.networkId === networkId);
  if (here?.addresses.some((address) => addresses.includes(address))) {
    chain.pass(
      'name',
      `${name} is ${here.addresses.join(', ')} according to ${host.name}'s Docker engine`,
      evidence,
    );
  } else if (here) {
    chain.fail(
      'name',
      'dns-answer-differs',
      `${name} is ${here.addresses.join(', ')} according to ${host.name}'s Docker engine, not ${addresses.join(', ')}`,
      {
        evidence,
        cause: 'gossip on this host is out of date, or two endpoints have the same name',
        next: `docker network inspect -v ${here.network}`,
      },
    );
  } else if (answers.length > 0) {
    chain.doubt('name', `${name} resolves on another network only: ${evidence.join('; ')}`, evidence);
  } else if (!listed) {
    chain.doubt('name', `${name} is an alias or container id, which gossip does not carry for other hosts`);
  } else if (unread.length > 0) {
    chain.doubt('name', `DNS records of ${host.name}'s Docker engine were not read (${unread.join(', ')})`);
  } else {
    chain.fail(
      'name',
      'dns-name-unknown',
      `${host.name}'s Docker engine has no DNS record for ${name} on the networks of ${container.name}`,
      {
        cause:
          'gossip lost the entry or never received it, so embedded DNS forwards the query to external servers, which do not have it',
        next: `docker network inspect -v NETWORK`,
      },
    );
  }
}

function answerText({network, whose, addresses}: NameAnswer): string {
  return `${network}: ${whose} ${addresses.join(', ')}`;
}

/** What a real question has found. */
export interface NameProven {
  resolves: boolean | null;
  text: string;
}

/** Puts the name before the way: frames may pass to an address that the source is never told. A real question counts more. */
export function withName(
  answer: Trace,
  {asked, resolves: modelled, hops}: Naming,
  proven?: NameProven,
): Trace {
  const resolves = proven?.resolves ?? modelled;
  const forward = {
    // What is not known of the name leaves what is known of the way.
    disposition:
      resolves === false ? worse(answer.forward.disposition, 'unresolved') : answer.forward.disposition,
    hops: [...hops, ...(proven ? [provenHop(hops, proven)] : []), ...answer.forward.hops],
  };
  // The whole may hold what a probe has proven of the tasks; a name can only make it worse.
  const disposition = worse(answer.disposition, forward.disposition);
  return {...answer, name: {asked, resolves}, forward, disposition};
}

function provenHop(hops: Step[], {resolves, text}: NameProven): Step {
  return {
    host: hops[0]?.host ?? null,
    layer: 'probe',
    verdict: resolves === null ? 'unknown' : resolves ? 'pass' : 'fail',
    summary: text,
    evidence: [],
    ...(resolves === false ? {code: 'probe-unresolved'} : {}),
  };
}
