import {Args, Flags} from '@oclif/core';
import type {View} from '../cli/base-command.js';
import {HostCommand} from '../cli/host-command.js';
import {traceQuestion} from '../cli/questions/trace.js';
import * as texts from '../cli/texts/trace.js';

export default class Trace extends HostCommand {
  static override summary = texts.summary;
  static override description = texts.description;
  static override usage = texts.usage;
  static override examples = texts.examples;
  static override args = {
    source: Args.string({
      description:
        "Container that sends: name, id prefix, task:NAME, service:NAME, address or NAME@HOST; with --published the client's address",
      ignoreStdin: true,
    }),
    destination: Args.string({
      description: 'Container, task, service or address that it sends to',
      ignoreStdin: true,
    }),
  };

  static override flags = {
    network: Flags.string({
      description: 'Walk on this network, where they share several',
      helpValue: 'NETWORK',
    }),
    port: Flags.string({
      description: 'Walk a TCP or UDP packet to this port instead of an ICMP echo',
      helpValue: 'PORT/tcp',
    }),
    published: Flags.string({
      description: 'Walk a request from outside to this published port instead, on every host that is read',
      helpValue: 'PORT/tcp',
      exclusive: ['network', 'port', 'probe'],
    }),
    probe: Flags.boolean({
      description:
        'Prove it with real packets: a question for the name, ICMP echoes, or TCP connections with --port; needs root and live hosts',
    }),
    count: Flags.integer({
      description: 'With --probe, how many echo requests (20); 500 show a loss of 1 %',
      helpValue: 'N',
      min: 1,
      max: 2000,
      dependsOn: ['probe'],
    }),
    mtu: Flags.boolean({
      description: 'With --probe, find the largest packet that passes unfragmented',
      dependsOn: ['probe'],
    }),
    verbose: Flags.boolean({description: 'Show the rows, links and rules behind every hop'}),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(Trace);
    const question = traceQuestion(args, flags);
    const {statusOfTrace, traceAnswer} = await import('../answers/trace.js');
    const document = await traceAnswer(this.reader(flags), question);
    const view: View = async (terminal, paint) => {
      const {renderTraceAnswer} = await import('../render/trace.js');
      return renderTraceAnswer(document, flags.verbose, terminal, paint);
    };
    await this.show(flags, document, view, {status: statusOfTrace(document)});
  }
}
