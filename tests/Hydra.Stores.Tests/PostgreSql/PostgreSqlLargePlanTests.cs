using System.Collections.Concurrent;
using System.Data;
using System.Globalization;
using System.Text.Json;
using Hydra.PostgreSql;
using Hydra.Storage;
using Hydra.Tests.Servers;
using Npgsql;

namespace Hydra.Stores.Tests;

/// <summary>How the server goes about the statements of the store, as really executed, on large tables.</summary>
/// <remarks>
/// The server explains every statement of a database of the test's own (auto_explain) in a notice to whoever sent it,
/// and the proxy listens. The rows are of all states, most of them completed, and two thirds of the rest not due.
/// </remarks>
public sealed class PostgreSqlLargePlanTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly bool Full = Environment.GetEnvironmentVariable("HYDRA_FULL") == "1";
    private static readonly int Executions = Full ? 1_000_000 : 100_000;
    private static readonly int Schedules = Executions / 10;

    // Of one step of what is due first.
    private const int Tries = 500;

    // Of one node: some from each of 256 shards, or what one call is about.
    private const int MostRows = 2_500;

    // The others are small at any time; in the test they are empty, or nearly.
    private static readonly string[] Large = ["executions", "journal", "attempts", "schedules"];

    private readonly ConcurrentQueue<string> _plans = [];
    private PostgreSqlDatabase? _database;
    private PostgreSqlProxy? _proxy;
    private PostgreSqlWorkflowStore? _store;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private PostgreSqlWorkflowStore Store => _store!;

    public async ValueTask InitializeAsync()
    {
        _database = await PostgreSqlDatabase.CreateAsync();
        await _database.SetAsync("session_preload_libraries", "auto_explain");
        await _database.SetAsync("auto_explain.log_min_duration", "0");
        await _database.SetAsync("auto_explain.log_analyze", "on");
        await _database.SetAsync("auto_explain.log_timing", "off");
        await _database.SetAsync("auto_explain.log_level", "notice");
        await _database.SetAsync("auto_explain.log_format", "json");
        _proxy = new PostgreSqlProxy(_database.ConnectionString)
        {
            OnNotice = notice =>
            {
                if (notice.IndexOf('{', StringComparison.Ordinal) is >= 0 and var plan)
                {
                    _plans.Enqueue(notice[plan..]);
                }
            },
        };
        _proxy.Start();
        _store = new PostgreSqlWorkflowStore(
            _proxy.ConnectionString, new PostgreSqlStoreOptions { Listen = false }, "tests");
        await _store.MigrateAsync(Token);
        await PostgreSqlServer.ExecuteAsync("ALTER TABLE hydra.executions SET (autovacuum_enabled = off)", Direct);
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await _proxy!.DisposeAsync();
        await _database!.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)] // Nobody has looked at the tables yet, as after a migration and a burst.
    public async Task No_statement_reads_or_sorts_a_whole_table(bool analyzed)
    {
        await FillAsync();
        await PostgreSqlServer.ExecuteAsync(analyzed ? "ANALYZE" : "SELECT 1", Direct);
        for (var round = 0; round < 7; round++) // From the sixth on plans may be generic.
        {
            await WorkAsync(round);
        }

        var wrong = _plans.Select(plan => Judge(plan, analyzed)).Where(complaint => complaint is not null).ToList();

        output.WriteLine($"{_plans.Count} plans.");
        Assert.True(_plans.Count > 500);
        Assert.True(wrong.Count == 0, string.Join("\n\n", wrong.Take(10)));
    }

    private string Direct => _database!.ConnectionString;

    /// <summary>What a worker, a client and an operator do.</summary>
    private async Task WorkAsync(int round)
    {
        var worker = new Worker(Store, new SessionRow
        {
            Id = new SessionId(100 + round),
            Worker = "worker",
            Build = "build",
            Workflows = [Make.Workflow, "refund"],
            HeartbeatInterval = TimeSpan.FromMilliseconds(1), // It judges others once it was on time for two of them.
            ClaimTimeout = TimeSpan.FromHours(1),
        });
        await Store.OpenSessionAsync(worker.Row, Token);
        var claimed = (await worker.ClaimAsync(request => request with { Limit = 20, OldestFirst = 2 })).Executions;
        Assert.Equal(20, claimed.Count);
        await worker.CommitAsync(
        [
            Make.Advance(claimed[0].Row, Make.Step(claimed[0].Row, 2)),
            Make.Finish(claimed[1].Row, 2),
            Make.Start(NewId(null), input: "2"),
        ]);
        await worker.CommitAsync(
        [
            Make.Retry(claimed[2].Row, TimeSpan.FromHours(1), Make.Entry(claimed[2].Row, 2, EntryKind.AttemptFailed)),
            Make.Refuse(claimed[3].Row, "build", Make.Step(claimed[3].Row, 2)),
            Make.Cancel(claimed[4].Row.Id),
            Make.RetryNow(claimed[2].Row.Id, 7 + round),
            Make.Terminate(claimed[5].Row.Id),
        ]);
        var key = $"key-{round}";
        await Store.CommitAsync(
            new CommitBatch(SessionId.None, [Make.Start(NewId(key), key), Make.Start(NewId(null))]), Token);
        await MaintainAsync(worker);
        await LandAsync(claimed[6].Row, claimed[7].Row);
        await ForgetAsync();
        await ScheduleAsync(round);
        await Store.Queries.FindAsync(claimed[0].Row.Id, Token);
        await Store.Queries.FindByKeyAsync("key-0", Token);
        await Store.Queries.FindEndsAsync([.. claimed.Select(static one => one.Row.Id)], 65_536, Token);
        await Store.Queries.ReadJournalAsync(claimed[0].Row.Id, -1, 100, Token);
        await Store.Queries.ReadTriesAsync(claimed[0].Row.Id, Token);
        await Store.Queries.ListAsync(new ExecutionFilter { Limit = 50 }, Token);
        // Nothing is ever paused, so a list of it would look everywhere.
        foreach (var state in Enum.GetValues<ExecutionState>().Where(static state => state != ExecutionState.Paused))
        {
            await Store.Queries.ListAsync(new ExecutionFilter { Limit = 50, State = state }, Token);
        }

        await Store.Queries.CountAsync(100, Token);
        await worker.CloseAsync();
    }

    /// <summary>Takes back what a dead one has, ends what is past its deadline and frees what is blocked.</summary>
    private async Task MaintainAsync(Worker worker)
    {
        var dead = new Worker(Store, worker.Row with { Id = new SessionId(worker.Session.Value + 1_000) });
        await Store.OpenSessionAsync(dead.Row, Token);
        Assert.Equal(20, (await dead.ClaimAsync(request => request with { Limit = 20 })).Executions.Count);
        await PostgreSqlServer.ExecuteAsync(
            $"""
            UPDATE hydra.sessions SET expires_at = 1 WHERE id = {dead.Session.Value};
            UPDATE hydra.executions
            SET deadline = 1
            WHERE id IN (SELECT id FROM hydra.executions WHERE state = 0 AND due_at <= {Executions} LIMIT 5);
            UPDATE hydra.executions
            SET state = 5, blocked_reason = 1
            WHERE id IN (SELECT id FROM hydra.executions WHERE state = 0 AND deadline IS NULL LIMIT 5)
            """,
            Direct);
        MaintenanceAnswer answer;
        do
        {
            await worker.BeatAsync();
            answer = await worker.MaintainAsync();
        }
        while (answer.Released.Count == 0);

        Assert.Equal((20, 5, 5), (answer.Released.Count, answer.TimedOut.Count, answer.Unblocked.Count));
    }

    private async Task LandAsync(ExecutionRow landing, ExecutionRow barred)
    {
        var steps = ((IWorkflowStore)Store).Transactions!;
        var landed = Make.Try(landing, "transfer", phase: TryPhase.Landed) with { Output = Make.Text("2") };
        await using (var transaction = await steps.BeginAsync(IsolationLevel.Unspecified, Token))
        {
            await steps.PrepareAsync(transaction.Transaction, TimeSpan.FromMinutes(1), Token);
            await steps.WriteAsync(
                transaction.Transaction, [Make.Start(NewId("landing"), "landing"), Make.Cancel(barred.Id)], Token);
            await steps.LandAsync(transaction.Transaction, landing.Owner, landing.Id, landed, Token);
            await transaction.CommitAsync(Token);
        }

        await steps.BarAsync(
            barred.Owner,
            barred.Id,
            Make.Try(barred, "transfer", phase: TryPhase.Landed) with { Failure = Make.Failure },
            Token);
        Assert.Single(await steps.ReadLandedAsync(landing.Id, "transfer", Token));
    }

    private async Task ForgetAsync()
    {
        var retention = ((IWorkflowStore)Store).Retention!;
        var page = await retention.ListEndedAsync(null, NewId(null), 100, Token);
        Assert.NotEmpty(page.Executions);
        Assert.Equal(page.Executions.Count, (await retention.DeleteAsync(page.Executions, Token)).Count);
    }

    private async Task ScheduleAsync(int round)
    {
        var schedules = ((IWorkflowStore)Store).Schedules!;
        var due = (await schedules.ListDueAsync(10, Token)).Schedules;
        Assert.Equal(10, due.Count);
        var change = new ScheduleChange
        {
            Name = due[0].Name,
            ExpectedChange = due[0].ChangeId,
            Row = due[0] with { ChangeId = Schedules + 1 + round, DueAt = Instant.Never },
            Operations = [Make.Start(NewId(null))],
        };
        Assert.Equal(change.Row.ChangeId, (await schedules.ApplyAsync(change, Token)).Row?.ChangeId);
        await schedules.FindAsync("s1", Token);
        await schedules.ListAsync("s1", 50, Token);
    }

    private static ExecutionId NewId(string? key) => ExecutionId.Create(
        DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(),
        (ulong)Random.Shared.NextInt64(),
        key is null ? (byte)Random.Shared.Next(256) : ExecutionId.ShardOf("tests", key));

    /// <summary>Fills the tables: of a hundred executions one is due, one is due later, one has failed.</summary>
    private Task FillAsync() => PostgreSqlServer.ExecuteAsync(
        $"""
        INSERT INTO hydra.executions (
          id, epoch, owner, due_at, created_at, started_at, finished_at, last_seq, retry_backoff, max_attempts, shard,
          state, priority, namespace, workflow, key, input_hash, deadline)
        SELECT (lpad(to_hex(1700000000000 + n), 12, '0') || '7' || substr(md5(n::text), 1, 17)
                || lpad(to_hex(n % 256), 2, '0'))::uuid,
               1, 0, CASE WHEN n % 100 = 1 THEN 253402300799000000 ELSE n END, n, n,
               CASE WHEN n % 100 > 1 THEN n END, 1, 0, 3, n % 256,
               CASE n % 100 WHEN 0 THEN 0 WHEN 1 THEN 2 WHEN 2 THEN 7 ELSE 6 END, n % 4, 'tests',
               CASE WHEN n % 7 = 0 THEN 'refund' ELSE 'order' END, CASE WHEN n % 2 = 0 THEN 'k' || n END, '',
               CASE WHEN n % 3 = 0 THEN 9000000000000000 END
        FROM generate_series(1, {Executions}) AS n;
        INSERT INTO hydra.journal (
          execution, seq, epoch, at, started_at, origin_seq, position, ordinal, attempt, shard, kind, failed, namespace,
          key, worker)
        SELECT e.id, s.seq, 1, 0, 0, 0, 0, 0, 1, e.shard, s.seq, false, 'tests', CASE s.seq WHEN 0 THEN '' ELSE 'a' END,
               ''
        FROM hydra.executions AS e
        CROSS JOIN generate_series(0, 1) AS s (seq);
        INSERT INTO hydra.attempts (
          execution, epoch, started_at, attempt, execution_attempt, shard, phase, namespace, key, worker)
        SELECT e.id, 1, 0, 1, 1, e.shard, 1, 'tests', 'b', ''
        FROM hydra.executions AS e
        WHERE e.due_at % 10 = 0;
        INSERT INTO hydra.attempts (
          execution, epoch, started_at, attempt, execution_attempt, shard, phase, namespace, key, worker)
        SELECT e.id, 1, 0, n, 1, e.shard, 1, 'tests', 'c', ''
        FROM (SELECT id, shard FROM hydra.executions WHERE state = 0 ORDER BY due_at LIMIT 1) AS e
        CROSS JOIN generate_series(1, {Tries}) AS n;
        INSERT INTO hydra.schedules (namespace, name, workflow, change_id, due_at, created_at, changed_at, paused)
        SELECT 'tests', 's' || n, 'order', n, CASE WHEN n % 100 = 0 THEN n ELSE 253402300799000000 END, 0, 0, false
        FROM generate_series(1, {Schedules}) AS n
        """,
        new NpgsqlConnectionStringBuilder(Direct) { CommandTimeout = 3_600 }.ConnectionString);

    /// <returns>Null when the plan is fine.</returns>
    private static string? Judge(string text, bool analyzed)
    {
        using var plan = JsonDocument.Parse(text);
        var query = plan.RootElement.GetProperty("Query Text").GetString()!;
        if (!analyzed && (query.Contains("generate_series(0, 255)", StringComparison.Ordinal)
            || query.Contains("ORDER BY id DESC", StringComparison.Ordinal)
            || query.Contains("ORDER BY name", StringComparison.Ordinal)))
        {
            return null; // A look into each shard, and a list, is for people, who can wait for the first ANALYZE.
        }

        if (query.Contains("owner = 0 AND state < 4 AND state = $3", StringComparison.Ordinal))
        {
            return null; // A list of what waits is for people too: it looks at all that does, and no index is kept.
        }

        return Walk(plan.RootElement.GetProperty("Plan")).Select(Judge).FirstOrDefault(static one => one is not null)
            is { } wrong
                ? $"{wrong} in\n{query}\n{text}"
                : null;
    }

    private static string? Judge(JsonElement node)
    {
        var type = node.GetProperty("Node Type").GetString();
        if (type == "Seq Scan" && Large.Contains(node.GetProperty("Relation Name").GetString()))
        {
            return $"A sequential scan of {node.GetProperty("Relation Name")}";
        }

        var rows = (Number(node, "Actual Rows") + Number(node, "Rows Removed by Filter")
            + Number(node, "Rows Removed by Index Recheck")) * Number(node, "Actual Loops");
        return rows > MostRows
            ? string.Create(CultureInfo.InvariantCulture, $"A {type} of {rows} rows, and {MostRows} are allowed,")
            : null;
    }

    private static double Number(JsonElement node, string name) =>
        node.TryGetProperty(name, out var value) ? value.GetDouble() : 0;

    private static IEnumerable<JsonElement> Walk(JsonElement node) => node.TryGetProperty("Plans", out var plans)
        ? plans.EnumerateArray().SelectMany(Walk).Prepend(node)
        : [node];
}
