import { overlap } from '../../domain/binding.ts';
import type { ConfigProblem } from '../../errors.ts';
import type { ConfigDocument, Part } from './document.ts';
import { type Binding, toSelector } from './schema-bindings.ts';

type Bindings = readonly Part<Binding>[];

/** What bindings must not be beside each other, and what goes with what in one of them. */
export const checkBindings = (document: ConfigDocument, bindings: Bindings): readonly ConfigProblem[] => [
  ...checkManagers(document, bindings),
  ...checkMembers(document, bindings),
  ...checkOverlaps(document, bindings),
];

function* checkOverlaps(document: ConfigDocument, bindings: Bindings): Generator<ConfigProblem> {
  for (const [i, { path, value }] of bindings.entries()) {
    for (const [k, selector] of value.jobs.entries()) {
      const other = bindings
        .slice(0, i)
        .find((before) =>
          before.value.jobs.some((earlier) => overlap(toSelector(earlier), toSelector(selector))),
        );
      if (other === undefined) continue;
      const message = `this selector and one of binding "${other.value.name}" can claim the same Logpush job`;
      yield document.problem(
        [...path, 'jobs', k],
        message,
        'narrow one of the two by instance, zone or dataset',
      );
    }
  }
}

/** What goes with who makes the keys. */
function* checkManagers(document: ConfigDocument, bindings: Bindings): Generator<ConfigProblem> {
  for (const { path, value } of bindings) {
    const { managedBy, iamId, adopt, secret } = value;
    if (managedBy !== 'others' && !iamId.startsWith('iam-ServiceId-')) {
      const message = `keys of a user are made by the user: managedBy ${managedBy} needs a service ID`;
      yield document.problem([...path, 'iamId'], message, 'write iam-ServiceId-…, or managedBy: others');
    }
    if (managedBy !== 'keeper' && adopt !== undefined) {
      const message = `adopt goes with managedBy keeper: who makes the keys retires them`;
      yield document.problem([...path, 'adopt'], message, 'leave adopt out', 'key');
    }
    if (managedBy === 'secrets-manager' && secret.member !== undefined) {
      const message = 'Secrets Manager makes keys in secrets of type iam_credentials, which have no members';
      yield document.problem([...path, 'secret', 'member'], message, 'leave member out', 'key');
    }
  }
}

/** A kv secret has members, any other has none. */
function* checkMembers(document: ConfigDocument, bindings: Bindings): Generator<ConfigProblem> {
  for (const [i, { path, value }] of bindings.entries()) {
    const other = bindings
      .slice(0, i)
      .find(
        ({ value: { secret } }) => secret.instance === value.secret.instance && secret.id === value.secret.id,
      );
    if (
      other === undefined ||
      (other.value.secret.member === undefined) === (value.secret.member === undefined)
    )
      continue;
    const message = `binding "${other.value.name}" takes this secret for ${other.value.secret.member === undefined ? 'one without members' : 'a kv secret'}`;
    yield document.problem([...path, 'secret', 'id'], message, 'name a member in both, or in none');
  }
}
