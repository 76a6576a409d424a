export const summary = 'Make ovdiag available as docker ovdiag';
export const description = `install links ovdiag as a plugin of the docker client: for root in /usr/local/lib/docker/cli-plugins, for all users; otherwise in ~/.docker/cli-plugins. remove removes that link. Nothing else is written.

Options of docker before the name count: docker --context far ovdiag networks, and so do DOCKER_HOST and the current context.`;
export const examples = [
  {
    description: 'For all users of this host',
    command: 'sudo <%= config.bin %> <%= command.id %> install',
  },
  {description: 'Then', command: 'docker ovdiag networks'},
  {description: 'Remove it', command: 'sudo <%= config.bin %> <%= command.id %> remove'},
];
