namespace Hydra.Testing;

/// <summary>The suite that every store must pass: what the engine relies on, as named cases.</summary>
/// <remarks>
/// A store's own test project enumerates <see cref="Cases"/> with whatever framework it uses and runs each on a
/// <see cref="StoreHarness"/> for that store. Random cases print the seed of what they found; the environment variables
/// HYDRA_MODEL_SEED and HYDRA_MODEL_RUNS repeat it, and HYDRA_FULL=1 makes them run for longer.
/// </remarks>
public static class StoreConformance
{
    private static readonly Lazy<IReadOnlyList<ConformanceCase>> All = new(() =>
    [
        .. ConformanceCase.Of(static harness => new StartConformance(harness)),
        .. ConformanceCase.Of(static harness => new AdvanceConformance(harness)),
        .. ConformanceCase.Of(static harness => new ClaimConformance(harness)),
        .. ConformanceCase.Of(static harness => new ClaimOrderConformance(harness)),
        .. ConformanceCase.Of(static harness => new SettleConformance(harness)),
        .. ConformanceCase.Of(static harness => new CancelConformance(harness)),
        .. ConformanceCase.Of(static harness => new TransactionConformance(harness)),
        .. ConformanceCase.Of(static harness => new LandingConformance(harness)),
        .. ConformanceCase.Of(static harness => new TerminateConformance(harness)),
        .. ConformanceCase.Of(static harness => new RetryConformance(harness)),
        .. ConformanceCase.Of(static harness => new SessionConformance(harness)),
        .. ConformanceCase.Of(static harness => new SweepConformance(harness)),
        .. ConformanceCase.Of(static harness => new SuspectConformance(harness)),
        .. ConformanceCase.Of(static harness => new DeadlineConformance(harness)),
        .. ConformanceCase.Of(static harness => new BlockedConformance(harness)),
        .. ConformanceCase.Of(static harness => new InDoubtConformance(harness)),
        .. ConformanceCase.Of(static harness => new OriginConformance(harness)),
        .. ConformanceCase.Of(static harness => new ScheduleConformance(harness)),
        .. ConformanceCase.Of(static harness => new ScheduleReadConformance(harness)),
        .. ConformanceCase.Of(static harness => new SubjectKeyConformance(harness)),
        .. ConformanceCase.Of(static harness => new ScheduleRaceConformance(harness)),
        .. ConformanceCase.Of(static harness => new RetentionConformance(harness)),
        .. ConformanceCase.Of(static harness => new RetentionRaceConformance(harness)),
        .. ConformanceCase.Of(static harness => new QueryConformance(harness)),
        .. ConformanceCase.Of(static harness => new CountConformance(harness)),
        .. ConformanceCase.Of(static harness => new IsolationConformance(harness)),
        .. ConformanceCase.Of(static harness => new EnvelopeConformance(harness)),
        .. ConformanceCase.Of(static harness => new EdgeConformance(harness)),
        .. ConformanceCase.Of(static harness => new ConcurrencyConformance(harness)),
        .. ConformanceCase.Of(static harness => new CrossingConformance(harness)),
        .. ConformanceCase.Of(static harness => new RaceConformance(harness)),
        .. ConformanceCase.Of(static harness => new ChangeConformance(harness)),
        .. ConformanceCase.Of(static harness => new MigrationConformance(harness)),
        .. ConformanceCase.Of(static harness => new ModelConformance(harness)),
    ]);

    /// <summary>All cases. A later version of the suite may have more.</summary>
    public static IReadOnlyList<ConformanceCase> Cases => All.Value;

    /// <summary>Finds a case.</summary>
    /// <param name="name">Its <see cref="ConformanceCase.Name"/>.</param>
    /// <exception cref="ArgumentException">There is no such case.</exception>
    public static ConformanceCase Named(string name) =>
        Cases.FirstOrDefault(one => one.Name == name)
            ?? throw new ArgumentException($"The suite has no case '{name}'.", nameof(name));
}
