/** One container of a job run. */
export interface Container {
  /** The image's own command when the job names none; empty where that is not known. */
  readonly command: readonly string[];
  /** Everything but what an image brings along, such as `PATH` and `HOME`. */
  readonly env: Readonly<Record<string, string>>;
  /** Path → content: mounts, and the token file. */
  readonly files: Readonly<Record<string, string>>;
  readonly image: string;
}

/** What executes containers: in this process and in virtual time, or as processes of their own. */
export interface Workloads {
  /**
   * Runs one container of a job run to its end.
   *
   * @param stop - aborted when the run's time is over, or its job is deleted; the exit code is then of no interest
   * @returns its exit code
   */
  runJob(container: Container, stop: AbortSignal): Promise<number>;
}
