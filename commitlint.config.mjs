/** Conventional Commits. The scope is free: a project's name, or none for the whole tree. */
export default { extends: ['@commitlint/config-conventional'] };
