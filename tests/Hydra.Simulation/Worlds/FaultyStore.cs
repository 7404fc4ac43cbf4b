using Hydra.Simulation.Bugs;
using Hydra.Simulation.Checks;
using Hydra.Simulation.Faults;
using Hydra.Storage;

namespace Hydra.Simulation.Worlds;

/// <summary>The store as one process has it: the database behind a network that delays, loses and repeats.</summary>
internal sealed partial class FaultyStore : IWorkflowStore
{
    private readonly WatchedStore _inner;
    private readonly List<SessionId> _sessions = [];

    public FaultyStore(Scenario scenario, SimulatedProcess process)
    {
        Scenario = scenario;
        Process = process;
        IWorkflowStore database = new InMemoryWorkflowStore(scenario.Database, Scenario.Namespace);
        _inner = new WatchedStore(
            scenario, scenario.Bug == PlantedBug.None ? database : new PlantedStore(scenario, process, database));
        Queries = new FaultyQueries(this, _inner.Queries);
        process.WorksOn = () => [.. _sessions.SelectMany(OwnedBy), .. OnTheWay.SelectMany(about => about())];
    }

    /// <summary>What the calls are about that have not been answered.</summary>
    public List<Func<IEnumerable<ExecutionId>>> OnTheWay { get; } = [];

    public Scenario Scenario { get; }

    public SimulatedProcess Process { get; }

    public SimulatedWorld World => Process.World;

    public string Namespace => _inner.Namespace;

    public StoreCapabilities Capabilities => Scenario.Capabilities;

    public IWorkflowQueries Queries { get; }

    public Task MigrateAsync(CancellationToken cancellationToken = default) => Call(CallKind.Migrate, static () => 0);

    public Task VerifyAsync(CancellationToken cancellationToken = default) => Call(CallKind.Migrate, static () => 0);

    public Task<Instant> OpenSessionAsync(SessionRow session, CancellationToken cancellationToken)
    {
        _sessions.Add(session.Id);
        return Call(
            CallKind.Open, () => _inner.OpenSessionAsync(session, CancellationToken.None).GetAwaiter().GetResult());
    }

    public Task<HeartbeatAnswer> HeartbeatAsync(
        SessionId session, IReadOnlyCollection<ExecutionId> running, CancellationToken cancellationToken) => Call(
        CallKind.Beat,
        () => _inner.HeartbeatAsync(session, running, CancellationToken.None).GetAwaiter().GetResult(),
        () => OwnedBy(session));

    public Task CloseSessionAsync(SessionId session, CancellationToken cancellationToken) => Call(
        CallKind.Close,
        () =>
        {
            _inner.CloseSessionAsync(session, CancellationToken.None).GetAwaiter().GetResult();
            return 0;
        },
        () => OwnedBy(session));

    public Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        Scenario.Claims++;
        return Call(
            CallKind.Claim,
            () => _inner.ClaimAsync(request, CancellationToken.None).GetAwaiter().GetResult(),
            () => WouldBe.Claimed(Scenario, request));
    }

    public Task<CommitAnswer> CommitAsync(Func<CommitBatch> gather, CancellationToken cancellationToken)
    {
        Scenario.Commits++;
        CommitBatch? batch = null;
        return new StoreCall<CommitAnswer>(this, CallKind.Commit, () => Commit(batch ??= Gathered(gather)))
        {
            Leave = () => batch = Gathered(gather),
            HeldFor = () => Scenario.Locks.HeldFor(batch ??= Gathered(gather)),
            LockWait = () => ForeignLocks.WaitOf(batch!),
            About = () => (batch?.Operations ?? []).Select(operation => operation.Id),
            Operations = () => (batch?.Operations ?? []).Select(operation => operation.Kind()),
        }.Send();
    }

    public Task<MaintenanceAnswer> MaintainAsync(MaintenanceRequest request, CancellationToken cancellationToken) =>
        Call(
            CallKind.Maintain,
            () => _inner.MaintainAsync(request, CancellationToken.None).GetAwaiter().GetResult(),
            () => WouldBe.Maintained(Scenario, request));

    public async Task WaitForChangeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            do
            {
                await _inner.WaitForChangeAsync(cancellationToken);
            }
            while (World.Chance.PerMille(Scenario.Faults.NoticesLost));

            await Task.Delay(World.Chance.UpTo(Scenario.Faults.Latency), Process.Time, cancellationToken);
            if (Scenario.DecideNotice(Process) is not { } fate)
            {
                continue; // Nobody hears of it.
            }

            if (fate.IsError())
            {
                var error = fate.Error();
                Scenario.Statistics.Coverage.Hit(
                    CallKind.WaitForChange, fate.Class(error, isOver: fate != Fate.DoubtLate, isRefused: false));
                throw error;
            }

            return;
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <param name="kind">What is called.</param>
    /// <param name="effect">What it does to the database.</param>
    /// <param name="about">The executions that it is about, were it made now; null for none.</param>
    /// <param name="heldFor">How long a stranger holds what it waits for; null when it waits for nothing.</param>
    internal Task<T> Call<T>(
        CallKind kind,
        Func<T> effect,
        Func<IEnumerable<ExecutionId>>? about = null,
        Func<TimeSpan>? heldFor = null) => new StoreCall<T>(this, kind, effect)
        {
            About = about ?? (static () => []),
            HeldFor = heldFor ?? (static () => TimeSpan.Zero),
        }.Send();

    private IEnumerable<ExecutionId> OwnedBy(SessionId session) =>
        Scenario.Tables.OwnedBy(session).Select(execution => execution.Id);

    private CommitBatch Gathered(Func<CommitBatch> gather)
    {
        var batch = gather();
        Scenario.Oracle.Sent(batch);
        if (World.IsTraced)
        {
            World.Trace(Process.Name, $"gathers {string.Join("; ", batch.Operations.Select(Describe))}");
        }

        return batch;
    }

    private CommitAnswer Commit(CommitBatch batch) =>
        Scenario.Faults.RefusesResults && batch.Operations.Any(IsRefused)
        ? throw new StoreException(StoreErrorKind.Deterministic, "simulated: the database cannot hold this")
        : _inner.CommitAsync(() => batch, CancellationToken.None).GetAwaiter().GetResult();

    /// <summary>Some results the database takes never, whoever sends them and however often.</summary>
    private static bool IsRefused(StoreOperation operation) => operation is AdvanceOperation advance
        && advance.Entries.Any(entry => entry is { Kind: EntryKind.Step, Failed: false }
            && entry.Output.Hash[0] % 8 == 0);

    private static string Describe(StoreOperation operation) => operation switch
    {
        AdvanceOperation advance => $"advance {Short(advance.Id)} e{advance.Epoch} "
            + $"[{string.Join(' ', advance.Entries.Select(entry => $"{entry.Seq}:{entry.Kind} {entry.Key}"))}] "
            + $"tries [{string.Join(' ', advance.Tries.Select(row => $"{row.Key}/{row.Attempt} {row.Phase}"))}] "
            + advance.Settlement,
        _ => $"{operation.GetType().Name} {Short(operation.Id)}",
    };

    private static string Short(ExecutionId id) => id.ToString()[^6..];
}
