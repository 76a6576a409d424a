/** The sections of a report, in the order in which they are wanted. */
import type {JSX} from 'preact';
import {plural} from '../text.js';
import {Capture} from './capture.js';
import {Contract, Gaps} from './contract.js';
import {EvidenceList} from './evidence.js';
import {Findings} from './findings.js';
import {Hero} from './hero.js';
import {Hosts, Networks} from './hosts.js';
import type {ReportModel} from './model.js';
import {Drawing, Section} from './parts.js';
import {Reachability} from './reach.js';
import {Services} from './services.js';
import {DataTable} from './table.js';
import type {ReportTables} from './tables.js';

interface BodyProps {
  model: ReportModel;
  tables: ReportTables;
  /** SVG, whose foreign text is escaped. */
  picture?: string | undefined;
  /** The same of where the first finding is. */
  place?: string | undefined;
}

export function Body({model, tables, picture, place}: BodyProps): JSX.Element {
  const {document} = model;
  const {diagnosis, capture} = document;
  const isWhole = document.scope === 'whole';
  return (
    <>
      <a class="skip" href="#verdict">
        Skip to the verdict
      </a>
      <Bar
        hasCapture={capture !== undefined}
        hasPicture={picture !== undefined}
        redacted={document.redacted}
        isWhole={isWhole}
      />
      <main>
        <Hero model={model} place={place} />
        {!isWhole && <Scope hosts={document.hosts.length} />}
        {picture !== undefined && <Picture svg={picture} />}
        <Findings model={model} more={tables.findings} />
        <Reachability document={document} />
        <Networks document={document} />
        {isWhole && (
          <Section
            id="entries"
            title="FDB, neighbours, gossip"
            lead="Each endpoint as each host has it: the kernel's entries against Docker's gossip."
          >
            <DataTable table={tables.rows} faults="Faults only" />
          </Section>
        )}
        <Services services={document.services} hops={document.hops} isWhole={isWhole} />
        <Hosts table={tables.hosts} />
        {capture !== undefined && tables.flows !== undefined && (
          <Capture capture={capture} table={tables.flows} />
        )}
        {diagnosis.contract !== undefined && <Contract rows={diagnosis.contract} />}
        <Gaps gaps={diagnosis.notChecked} problems={document.problems} />
        <EvidenceList evidence={document.evidence} isWhole={isWhole} />
      </main>
      <footer>
        <p>Made by ovdiag. This file loads nothing: everything that it shows is in it.</p>
      </footer>
    </>
  );
}

/** What is left out of many hosts, so that nobody takes it for none. */
function Scope({hosts}: {hosts: number}): JSX.Element {
  return (
    <p class="scope">
      {plural(hosts, 'host')}: this report is an overview. Entries, paths, chains of services and evidence of
      single hosts are left out; make a report of the hosts in question for those.
    </p>
  );
}

interface BarProps {
  isWhole: boolean;
  hasCapture: boolean;
  hasPicture: boolean;
  redacted: boolean;
}

function Bar({isWhole, hasCapture, hasPicture, redacted}: BarProps): JSX.Element {
  const links: [string, string][] = [
    ['verdict', 'Verdict'],
    ...(hasPicture ? [['picture', 'Picture'] as [string, string]] : []),
    ['findings', 'Findings'],
    ['reach', 'Reachability'],
    ['networks', 'Networks'],
    ...(isWhole ? [['entries', 'Entries'] as [string, string]] : []),
    ['services', 'Services'],
    ['hosts', 'Hosts'],
    ...(hasCapture ? [['capture', 'Capture'] as [string, string]] : []),
    ['contract', 'Contract'],
    ['unchecked', 'Not checked'],
    ['evidence', 'Evidence'],
  ];
  return (
    <header class="bar">
      <p class="notice">
        {redacted ? 'Redacted report' : 'Not redacted: this report has real names and addresses.'}
      </p>
      <nav aria-label="Sections">
        <ul>
          {links.map(([id, label]) => (
            <li key={id}>
              <a href={`#${id}`}>{label}</a>
            </li>
          ))}
        </ul>
      </nav>
      <button type="button" class="search" data-search hidden aria-keyshortcuts="/">
        Search <kbd>/</kbd>
      </button>
    </header>
  );
}

function Picture({svg}: {svg: string}): JSX.Element {
  return (
    <Section
      id="picture"
      title="Picture"
      lead="Hosts with their containers, bridges and vxlan devices. Marked parts have findings: choose one to go there."
    >
      <Drawing svg={svg} label="Topology" />
    </Section>
  );
}
