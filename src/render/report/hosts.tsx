import type {JSX} from 'preact';
import type {NetworkRow} from '../../answers/network-rows.js';
import type {ReportDocument} from '../../answers/report.js';
import type {NetworkHealth} from '../../findings/finding.js';
import {shorten} from './model.js';
import {Section, Sign} from './parts.js';
import {DataTable} from './table.js';
import type {ReportTable} from './tables.js';

export function Hosts({table}: {table: ReportTable}): JSX.Element {
  return (
    <Section id="hosts" title="Hosts">
      <DataTable table={table} />
    </Section>
  );
}

export function Networks({document}: {document: ReportDocument}): JSX.Element {
  const {networks, diagnosis} = document;
  const byId = new Map(networks.map((network) => [network.networkId, network]));
  return (
    <Section id="networks" title="Networks">
      <div class="scroll" tabindex={0} role="region" aria-label="Networks">
        <table>
          <caption class="unseen">Overlay networks, and how their endpoints came out</caption>
          <thead>
            <tr>
              {[
                'Network',
                'VNI',
                'Subnet',
                'MTU',
                'Options',
                'Hosts',
                'Endpoints',
                'Entries OK',
                'Unknown',
                'Findings',
              ].map((label, index) => (
                <th key={label} scope="col" class={index > 4 || label === 'MTU' ? 'number' : undefined}>
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {diagnosis.networks.map((health) => (
              <NetworkLine
                key={health.networkId}
                health={health}
                network={byId.get(health.networkId)}
                found={diagnosis.findings.filter(({network}) => network === health.network).length}
              />
            ))}
          </tbody>
        </table>
      </div>
      {diagnosis.networks.length === 0 && <p class="note">No overlay network was read.</p>}
    </Section>
  );
}

interface NetworkLineProps {
  health: NetworkHealth;
  network: NetworkRow | undefined;
  found: number;
}

function NetworkLine({health, network, found}: NetworkLineProps): JSX.Element {
  const {hostCount, endpointCount, checked, healthy, unknown} = health;
  return (
    <tr class={found > 0 ? 'faulty' : undefined}>
      <th scope="row">
        <Sign tone={found > 0 ? 'bad' : unknown > 0 ? 'warn' : 'good'} />
        {shorten(health.network, 80)}
      </th>
      <td>{network?.vnis.join(', ') ?? '–'}</td>
      <td class="mono">{network?.subnets.join(', ') ?? '–'}</td>
      <td class="number">{network?.mtu ?? '–'}</td>
      <td>{network?.flags.join(', ') || '–'}</td>
      <td class="number">{hostCount}</td>
      <td class="number">{endpointCount}</td>
      <td class="number">
        {healthy} of {checked}
      </td>
      <td class="number">{unknown}</td>
      <td class="number">{found}</td>
    </tr>
  );
}
