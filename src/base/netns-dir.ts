/**
 * Where an engine keeps its namespace files unless it was told otherwise: `netns` in its exec root, which is
 * /var/run/docker (moby daemon/config, libnetwork/osl/namespace_linux.go).
 */
export const defaultNetnsDir = '/var/run/docker/netns';
