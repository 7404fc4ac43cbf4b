using Hydra.PostgreSql;
using Hydra.Storage;
using Hydra.Tests.Servers;
using Npgsql;

namespace Hydra.Stores.Tests;

/// <summary>Commits that wait for a standby which is away, on a server of their own.</summary>
public sealed class PostgreSqlStandbyTests : IAsyncLifetime
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"hydra-standby-{Environment.ProcessId}");
    private string _server = "";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _server = ServerScript.Run("postgresql.sh", "start", _folder);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        ServerScript.Run("postgresql.sh", "stop", _folder);
        return ValueTask.CompletedTask;
    }

    /// <remarks>
    /// A server that is asked to give up a COMMIT which waits answers that it has committed, with a warning at most.
    /// What is submitted again finds it, and must wait for the standby as well.
    /// </remarks>
    [Fact]
    public async Task What_no_standby_has_is_never_said_to_be_written()
    {
        await using var store = new PostgreSqlWorkflowStore(
            _server,
            new PostgreSqlStoreOptions
            {
                Listen = false,
                CommandTimeout = TimeSpan.FromSeconds(1),
                LockTimeout = TimeSpan.FromSeconds(1),
            },
            "tests");
        await store.MigrateAsync(Token);
        var worker = new Worker(store, new SessionRow
        {
            Id = new SessionId(7),
            Worker = "worker",
            Build = "build",
            Workflows = [Make.Workflow],
            HeartbeatInterval = TimeSpan.FromMinutes(1),
            ClaimTimeout = TimeSpan.FromHours(1),
        });
        await store.OpenSessionAsync(worker.Row, Token);
        await store.CommitAsync(new CommitBatch(SessionId.None, [Make.Start(NewId(1))]), Token);
        var row = await worker.ClaimOneAsync();
        CommitBatch[] batches =
        [
            new(SessionId.None, [Make.Start(NewId(2))]),
            new(SessionId.None, [Make.Start(NewId(3), "key")]),
            new(worker.Session, [Make.Advance(row, Make.Step(row, 1))]),
        ];
        var ofAnother = new CommitBatch(SessionId.None, [Make.Start(NewId(4), "key")]);
        await LoseStandbyAsync();

        var first = await Task.WhenAll(batches.Select(RefusedAsync));
        await ShowWhatWaitsAsync();
        var again = await Task.WhenAll(batches.Append(ofAnother).Select(RefusedAsync));
        await PostgreSqlServer.ExecuteAsync("ALTER SYSTEM RESET synchronous_standby_names", _server);
        await PostgreSqlServer.ExecuteAsync("SELECT pg_reload_conf()", _server);
        var answers = await Task.WhenAll(batches.Append(ofAnother).Select(batch => store.CommitAsync(batch, Token)));

        Assert.All(first, static kind => Assert.Equal(StoreErrorKind.InDoubt, kind));
        Assert.All(
            again, static kind => Assert.True(kind is StoreErrorKind.InDoubt or StoreErrorKind.RolledBack, $"{kind}"));
        Assert.Equal(
            [AnswerKind.Started, AnswerKind.Started, AnswerKind.Applied, AnswerKind.Existing],
            answers.Select(static answer => answer.Answers[0].Kind));

        async Task<StoreErrorKind?> RefusedAsync(CommitBatch batch)
        {
            try
            {
                await store.CommitAsync(batch, Token);
                return null;
            }
            catch (StoreException exception)
            {
                return exception.Kind;
            }
        }
    }

    /// <summary>From then on commits wait; when the server has read that is seen only by waiting.</summary>
    private async Task LoseStandbyAsync()
    {
        await PostgreSqlServer.ExecuteAsync("CREATE TABLE probe (number integer)", _server);
        await PostgreSqlServer.ExecuteAsync("ALTER SYSTEM SET synchronous_standby_names = 'nobody'", _server);
        await PostgreSqlServer.ExecuteAsync("SELECT pg_reload_conf()", _server);
        var impatient = $"{_server};Command Timeout=1;Cancellation Timeout=-1";
        try
        {
            while (true)
            {
                await PostgreSqlServer.ExecuteAsync("INSERT INTO probe VALUES (1)", impatient);
            }
        }
        catch (NpgsqlException exception) when (exception.InnerException is TimeoutException)
        {
            // It waits.
        }
    }

    /// <summary>A commit that is no longer waited for is there for all to see, though no standby has it.</summary>
    private Task ShowWhatWaitsAsync() => PostgreSqlServer.ExecuteAsync(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE wait_event = 'SyncRep'", _server);

    private static ExecutionId NewId(ulong number) => ExecutionId.Create(
        1_800_000_000_000, number << 8, number >= 3 ? ExecutionId.ShardOf("tests", "key") : (byte)number);
}
