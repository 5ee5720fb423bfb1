/**
 * Creates a set of things to end when this process exits; it listens for the exit only while it has members.
 *
 * @param end is called with all members at exit, and must be synchronous
 * @returns a function that adds a member and returns a function that removes it
 */
export function createExitSet<T>(end: (members: ReadonlySet<T>) => void): (member: T) => () => void {
  const members = new Set<T>();
  const onExit = () => end(members);
  return (member) => {
    if (members.size === 0) process.on("exit", onExit);
    members.add(member);
    return () => {
      members.delete(member);
      if (members.size === 0) process.off("exit", onExit);
    };
  };
}
