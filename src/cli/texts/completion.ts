export const summary = 'Print the completion script of a shell';
export const description =
  'It completes commands, flags, values, file names, and names: networks, containers, services and tasks of the engine of this host, or of the snapshots in --snapshot. Other hosts are never asked. If the engine is down, or you may not use it, no names are offered.';
export const examples = [
  {
    description: 'bash, in this shell (for all shells: put it in ~/.bashrc)',
    command: 'source <(ovdiag completion bash)',
  },
  {
    description: 'bash, for all users',
    command: 'ovdiag completion bash > /usr/share/bash-completion/completions/ovdiag',
  },
  {
    description: 'zsh, for all users',
    command: 'ovdiag completion zsh > /usr/local/share/zsh/site-functions/_ovdiag',
  },
  {description: 'fish', command: 'ovdiag completion fish > ~/.config/fish/completions/ovdiag.fish'},
];
