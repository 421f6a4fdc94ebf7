import { claimOf, type Binding as DomainBinding } from '../../domain/binding.ts';
import { jobToBe, placeOf } from '../../domain/declared/job.ts';
import type { ConfigProblem } from '../../errors.ts';
import type { ConfigDocument, Part } from './document.ts';
import { type Binding, toSelector } from './schema-bindings.ts';
import { isZoneId, type LogpushJob, toDeclaredJob, toKeyedDestination } from './schema-declared.ts';
import { didYouMean } from './words.ts';

interface DeclaredParts {
  readonly document: ConfigDocument;
  readonly jobs: readonly Part<LogpushJob>[];
  readonly bindings: readonly Part<Binding>[];
  /** Names of all bindings, also of those with problems. */
  readonly bindingNames: readonly string[];
  /** CRNs of the instances; undefined when one of them has a problem. */
  readonly instances: readonly string[] | undefined;
}

/** What takes the rest of the file to see of the declared jobs. */
export function* checkDeclared(parts: DeclaredParts): Generator<ConfigProblem> {
  for (const part of parts.jobs) {
    yield* checkInstance(parts, part);
    yield* checkKey(parts, part);
  }
  yield* checkPlaces(parts);
  yield* checkReplaced(parts);
}

function* checkInstance(
  { document, instances }: DeclaredParts,
  { path, value }: Part<LogpushJob>,
): Generator<ConfigProblem> {
  if (instances === undefined) return;
  if (value.instance === undefined) {
    if (instances.length > 1)
      yield document.problem(
        path,
        'of several instances it is not said which one has this job',
        'add instance: CRN with the crn of one of instances',
      );
  } else if (!instances.includes(value.instance)) {
    const fix = 'add the instance to instances, or name one that is there';
    yield document.problem([...path, 'instance'], 'this instance is not configured', fix);
  }
}

/** Whose key it carries, and whether that key would be rotated. */
function* checkKey(parts: DeclaredParts, part: Part<LogpushJob>): Generator<ConfigProblem> {
  const { document, bindings, bindingNames } = parts;
  const { path, value } = part;
  const { binding: named, destination } = value;
  if (destination.cos?.legacyOwnership === true) {
    if (named !== undefined) {
      const message = 'a job with legacyOwnership carries no key';
      yield document.problem([...path, 'binding'], message, 'leave out binding or legacyOwnership', 'key');
      return;
    }
    const keying = bindings.find((binding) => claimBy(parts, part, binding.value) === 'key');
    if (keying === undefined) return;
    const message = `binding "${keying.value.name}" would give this job its key`;
    const fix = 'add a selector with this path and auth: ownership to that binding';
    yield document.problem([...path, 'destination', 'cos', 'legacyOwnership'], message, fix);
    return;
  }
  if (named === undefined) {
    const keyless = destination.cos === undefined ? '' : '; or legacyOwnership: true, if it is to carry none';
    const fix = `add binding: NAME with one of bindings${keyless}`;
    yield document.problem(path, 'it is not said whose key this job carries', fix);
    return;
  }
  if (!bindingNames.includes(named)) {
    const fix = didYouMean(named, bindingNames) ?? 'write the name of one of bindings';
    yield document.problem([...path, 'binding'], `there is no binding "${named}"`, fix);
    return;
  }
  const binding = bindings.find(({ value }) => value.name === named);
  const claim = binding === undefined ? 'key' : claimBy(parts, part, binding.value);
  if (claim === 'key') return;
  const [message, fix] =
    claim === undefined
      ? [
          `no selector of binding "${named}" takes this job, so its key would not be rotated`,
          'add a selector with its destination to the binding',
        ]
      : [
          `binding "${named}" does not say that this job carries its key`,
          'write auth: key into the selector of its bucket',
        ];
  yield document.problem([...path, 'binding'], message, fix);
}

/** What a binding would say of the job. A zone that one names by id and the other by name counts as the same. */
function claimBy(
  { instances }: DeclaredParts,
  { value }: Part<LogpushJob>,
  { jobs, exceptJobs }: Binding,
): ReturnType<typeof claimOf> {
  const instance = value.instance ?? (instances?.length === 1 ? instances[0] : undefined);
  const selectors = jobs.map(toSelector).map((selector) => ({
    ...selector,
    ...(instance === undefined ? { instance: '*' } : {}),
    ...(isZoneId(selector.zone) === isZoneId(value.zone) ? {} : { zone: '*' }),
  }));
  const wanted = toDeclaredJob(value, { instance: instance ?? '', onDrift: 'report' });
  const zone = { id: value.zone, name: value.zone };
  const binding: Pick<DomainBinding, 'jobs' | 'exceptJobs'> = {
    jobs: selectors,
    ...(exceptJobs === undefined ? {} : { exceptJobs }),
  };
  return claimOf(binding, jobToBe({ wanted, zone }), zone);
}

/** No two are the same job, and no two share a path. */
function* checkPlaces({ document, jobs }: DeclaredParts): Generator<ConfigProblem> {
  const wanted = jobs.map(({ path, value }) => {
    const destination = toKeyedDestination(value.destination);
    return {
      path,
      // Its place, not its name: a problem quotes no value that is as long as a key may be.
      item: `item ${Number(path.at(-1)) + 1}`,
      job: `${value.instance ?? ''} ${value.zone.toLowerCase()} ${value.dataset} ${placeOf(destination)}`,
      folder: destination.kind === 'cos' ? `${destination.bucket}/${destination.path}` : undefined,
    };
  });
  for (const [i, { path, job, folder }] of wanted.entries()) {
    const before = wanted.slice(0, i);
    const twin = before.find((other) => other.job === job);
    const neighbour = before.find((other) => folder !== undefined && other.folder === folder);
    if (twin !== undefined) {
      const message = `${twin.item} already declares this dataset of this zone for this destination`;
      yield document.problem(path, message, 'keep one of the two');
    } else if (neighbour !== undefined) {
      const message = `${neighbour.item} already pushes to this bucket and path`;
      const fix = 'give each job a path of its own: range, firewall and DNS events need theirs too';
      yield document.problem([...path, 'destination', 'cos', 'path'], message, fix);
    }
  }
}

/** One job is not replaced by two. */
function* checkReplaced({ document, jobs }: DeclaredParts): Generator<ConfigProblem> {
  for (const [i, { path, value }] of jobs.entries()) {
    if (value.replaces === undefined) continue;
    const rival = jobs.slice(0, i).find((other) => other.value.replaces === value.replaces);
    if (rival === undefined) continue;
    const message = `item ${Number(rival.path.at(-1)) + 1} already replaces this job`;
    yield document.problem([...path, 'replaces'], message, 'let one job come in its place');
  }
}
