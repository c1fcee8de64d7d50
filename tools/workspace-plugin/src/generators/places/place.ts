import type { Tree } from '@nx/devkit';

/** Somewhere that a service has to be named besides its own folders; taken away, it is as if it had never been there. */
export interface Place {
  add(tree: Tree, service: string): void;
  remove(tree: Tree, service: string): void;
}
