using Hydra.Sqlite;
using Hydra.Storage;
using Microsoft.Data.Sqlite;

namespace Hydra.Stores.Tests;

/// <summary>The view that tells people with a SQL prompt why an execution is not running.</summary>
/// <remarks>It goes by the machine's clock, so the stores here do as well.</remarks>
public sealed class SqliteViewTests : IAsyncDisposable
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly string _folder = Directory.CreateTempSubdirectory("hydra-view-").FullName;
    private readonly SqliteWorkflowStore _store;
    private readonly Worker _worker;
    private int _ids;

    public SqliteViewTests()
    {
        _store = new SqliteWorkflowStore(new SqliteStoreOptions { Path = File }, "tests", TimeProvider.System);
        _worker = new Worker(_store, new SessionRow
        {
            Id = new SessionId(7),
            Worker = "w1",
            Build = "build-1",
            Host = "host:1",
            Workflows = [Make.Workflow],
            Concurrency = 2,
            HeartbeatInterval = TimeSpan.FromSeconds(3),
            ClaimTimeout = Hour,
        });
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static Instant Later => Instant.From(TimeProvider.System.GetUtcNow()).Plus(Hour);

    private string File => Path.Combine(_folder, "hydra.db");

    [Fact]
    public async Task Each_execution_has_its_reason_and_what_is_known_of_it()
    {
        await _store.MigrateAsync(Token);
        var orphaned = await StartAsync();
        Assert.Equal(("pending", "noWorker", null, null), Look(orphaned));
        await _store.OpenSessionAsync(_worker.Row, Token);
        Assert.Equal(("pending", "due", null, null), Look(orphaned));
        await _worker.ClaimOneAsync();
        await CommitAsync(Make.Terminate(orphaned));

        Assert.Equal(("cancelled", "ended", "enough", null), Look(orphaned));
        var delayed = await StartAsync(start => start with { Delay = Hour });
        Assert.Equal(("pending", "startsLater", null, null), Look(delayed));
        var unknown = await StartAsync(start => start with { Workflow = "refund" });
        Assert.Equal(("pending", "unknownWorkflow", null, null), Look(unknown));
        var sleeping = await SettleAsync(row => Sleep(row, "sleep#2"));
        Assert.Equal(("sleeping", "sleeping", "sleep#2", null), Look(sleeping));
        var trying = await SettleAsync(row => Sleep(row, "charge") with
        {
            Tries = [Make.Try(row, "charge") with { RetryAt = Later }],
        });
        Assert.Equal(("sleeping", "stepRetry", "charge", null), Look(trying));
        var failed = await SettleAsync(row => Make.Retry(
            row, Hour, Make.Entry(row, 1, EntryKind.AttemptFailed) with { Failed = true, Output = Make.Failure }));
        Assert.Equal(("pending", "betweenAttempts", "It broke.", null), Look(failed));
        var refused = await SettleAsync(row => Make.Refuse(row, "build-1"));
        Assert.Equal(("blocked", "mismatch", "build-1: It broke.", null), Look(refused));
        var running = await SettleAsync(row => Make.Advance(row) with
        {
            Tries = [Make.Try(row, "charge", phase: TryPhase.Started), Make.Try(row, "ended", phase: TryPhase.Started)],
            Entries = [Make.Step(row, 1) with { Key = "ended", Attempt = 1 }],
        });
        Assert.Equal(("running", "running", "charge", "w1"), Look(running));
        await SettleAsync(row => Make.Advance(row, Make.Step(row, 1)));
        var crowded = await StartAsync();
        Assert.Equal(("pending", "noFreeSlot", null, null), Look(crowded));
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static AdvanceOperation Sleep(ExecutionRow row, string key)
    {
        var sleep = Make.Sleep(row, Later);
        return sleep with { Settlement = (Settlement.Suspended)sleep.Settlement! with { WaitsFor = key } };
    }

    private (string State, string Reason, string? Detail, string? Worker) Look(ExecutionId id)
    {
        using var connection = new SqliteConnection($"Data Source={File};Pooling=False;Mode=ReadOnly");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText =
            "SELECT state, reason, detail, worker FROM hydra_why_not_running WHERE execution = $execution";
        command.Parameters.AddWithValue("$execution", id.ToString());
        using var reader = command.ExecuteReader();
        Assert.True(reader.Read());
        return (reader.GetString(0), reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetString(2),
            reader.IsDBNull(3) ? null : reader.GetString(3));
    }

    private Task<CommitAnswer> CommitAsync(StoreOperation operation) =>
        _store.CommitAsync(new CommitBatch(SessionId.None, [operation]), Token);

    private async Task<ExecutionId> StartAsync(Func<StartOperation, StartOperation>? change = null)
    {
        var start = Make.Start(ExecutionId.Create(1_800_000_000_000, (ulong)++_ids << 32, 1));
        await CommitAsync(change?.Invoke(start) ?? start);
        return start.Id;
    }

    private async Task<ExecutionId> SettleAsync(Func<ExecutionRow, AdvanceOperation> settle)
    {
        var id = await StartAsync();
        await _worker.ApplyAsync(settle(await _worker.ClaimOneAsync()));
        return id;
    }
}
