import type {JSX} from 'preact';
import type {
  ReportService,
  ServiceAddress,
  ServiceChain,
  ServicePort,
} from '../../answers/report-services.js';
import type {ReportHop} from '../../answers/report-walks.js';
import {plural} from '../text.js';
import {Hops} from './hops.js';
import {shorten} from './model.js';
import {outcomeTone, Section, Sign} from './parts.js';

interface ServicesProps {
  services: readonly ReportService[];
  hops: readonly ReportHop[];
  isWhole: boolean;
}

const outcomeWords = {passes: 'works', open: 'undecided', fails: 'broken'} as const;

export function Services({services, hops, isWhole}: ServicesProps): JSX.Element {
  return (
    <Section
      id="services"
      title="Services"
      lead={
        services.length === 0
          ? isWhole
            ? 'No service is known here.'
            : 'Not shown for so many hosts.'
          : undefined
      }
    >
      {services.map((service) => (
        <article class="card service" key={service.name}>
          <h3>{shorten(service.name, 80)}</h3>
          {service.addresses.map((address) => (
            <Address key={address.network} address={address} hops={hops} />
          ))}
          {service.ports.map((port) => (
            <Port key={`${port.published}/${port.protocol}`} port={port} hops={hops} />
          ))}
        </article>
      ))}
    </Section>
  );
}

function Address({address, hops}: {address: ServiceAddress; hops: readonly ReportHop[]}): JSX.Element {
  const {network, vip, tasks, chains} = address;
  return (
    <div class="chain-group">
      <h4>
        {vip === null ? (
          'No VIP (dnsrr)'
        ) : (
          <>
            VIP <span class="mono">{vip}</span>
          </>
        )}{' '}
        on {shorten(network, 60)}
      </h4>
      {tasks !== null && <p class="note">{tasksText(tasks)}</p>}
      {chains.map((chain) => (
        <Chain key={chain.host} chain={chain} hops={hops} />
      ))}
    </div>
  );
}

const mostTasks = 12;

function tasksText(tasks: NonNullable<ServiceAddress['tasks']>): string {
  if (tasks.length === 0) return 'No running task';
  const named = tasks
    .slice(0, mostTasks)
    .map(({name, address, vtep}) => `${shorten(name, 60)} ${address}${vtep === null ? '' : ` on ${vtep}`}`);
  return `${plural(tasks.length, 'task')}: ${named.join(', ')}${tasks.length > mostTasks ? ', …' : ''}`;
}

function Port({port, hops}: {port: ServicePort; hops: readonly ReportHop[]}): JSX.Element {
  return (
    <div class="chain-group">
      <h4>
        Published port{' '}
        <span class="mono">
          {port.published}/{port.protocol}
        </span>{' '}
        → {port.target}
      </h4>
      {port.verdict !== null && port.outcome !== null && (
        <p class="note">
          <Sign tone={outcomeTone(port.outcome)} />
          {shorten(port.verdict, 300)}
        </p>
      )}
      {port.chains.map((chain) => (
        <Chain key={chain.host} chain={chain} hops={hops}>
          {chain.backends.map(({name, outcome, hops: own}) => (
            <div class="backend" key={name}>
              <h5>
                <Sign tone={outcomeTone(outcome)} />
                to {shorten(name, 80)}: {outcomeWords[outcome]}
              </h5>
              <Hops numbers={own} hops={hops} />
            </div>
          ))}
        </Chain>
      ))}
    </div>
  );
}

interface ChainProps {
  chain: ServiceChain;
  hops: readonly ReportHop[];
  children?: JSX.Element[];
}

function Chain({chain: {host, outcome, hops: numbers}, hops, children}: ChainProps): JSX.Element {
  const broken = numbers.map((number) => hops[number]).find((hop) => hop?.verdict !== 'pass');
  return (
    <details class="chain">
      <summary>
        <Sign tone={outcomeTone(outcome)} />
        {shorten(host, 60)}: {outcomeWords[outcome]}
        {broken !== undefined && <span class="note">{shorten(broken.summary, 200)}</span>}
      </summary>
      <Hops numbers={numbers} hops={hops} />
      {children}
    </details>
  );
}
