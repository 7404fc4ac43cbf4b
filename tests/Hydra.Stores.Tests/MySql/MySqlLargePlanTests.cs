using System.Globalization;
using Hydra.MySql;
using Hydra.Storage;
using Hydra.Tests.Servers;
using MySqlConnector;

namespace Hydra.Stores.Tests;

/// <summary>How many rows the server reads and sorts for the calls of the store, on large tables.</summary>
/// <remarks>
/// It counts them for all of its connections together, so the test has a server of its own and makes one call at a
/// time. Most executions have ended; of the others half are due, and have been refused by a build that is gone.
/// </remarks>
public sealed class MySqlLargePlanTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly bool Full = Environment.GetEnvironmentVariable("HYDRA_FULL") == "1";
    private static readonly int Executions = Full ? 1_000_000 : 100_000;

    // When what sleeps is due.
    private const long Later = 253402300799000000;

    // Of one step of what is due first.
    private const int Tries = 200;

    // What a call answers or is about, some from each level and of each state, read up to three times.
    private const int MostRows = 5_000;

    private static readonly string[] Large =
    [
        "hydra_executions", "hydra_outcomes", "hydra_start_keys", "hydra_journal", "hydra_attempts", "hydra_refusals",
        "hydra_schedules",
    ];

    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"hydra-plans-{Environment.ProcessId}");
    private readonly List<string> _wrong = [];
    private string _server = "";
    private MySqlWorkflowStore? _store;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private MySqlWorkflowStore Store => _store!;

    public async ValueTask InitializeAsync()
    {
        _server = ServerScript.Run(ServerScript.MySql, "start", _folder);
        _store = new MySqlWorkflowStore(_server, new MySqlStoreOptions(), "tests");
        await _store.MigrateAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        MySqlConnection.ClearAllPools();
        ServerScript.Run(ServerScript.MySql, "stop", _folder);
    }

    [Fact]
    public async Task No_call_reads_or_sorts_a_whole_table()
    {
        foreach (var table in Large) // So that their statistics are those of empty tables, as after a burst.
        {
            await MySqlServer.ExecuteAsync($"ALTER TABLE {table} STATS_AUTO_RECALC = 0", _server);
        }

        await FillAsync();
        await WorkAsync(0);
        await WorkAsync(1);
        await MySqlServer.ExecuteAsync($"ANALYZE TABLE {string.Join(", ", Large)}", _server);
        await WorkAsync(2);
        await WorkAsync(3);

        Assert.True(_wrong.Count == 0, string.Join('\n', _wrong));
    }

    /// <summary>Commits of a single execution have statements of their own.</summary>
    private async Task CommitOneAsync(Worker worker, IReadOnlyList<ClaimedExecution> claimed)
    {
        await CountAsync("commit of one", () => worker.CommitAsync(
            [Make.Advance(claimed[7].Row, Make.Step(claimed[7].Row, 2))]));
        await CountAsync("end of one", () => worker.CommitAsync([Make.Finish(claimed[8].Row, 2)]));
        await CountAsync("retry of one", () => worker.CommitAsync(
        [
            Make.Retry(claimed[9].Row, TimeSpan.FromHours(1), Make.Entry(claimed[9].Row, 2, EntryKind.AttemptFailed)),
        ]));
        await CountAsync("start of one", () => worker.CommitAsync([Make.Start(NewId(null), input: "3")]));
    }

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
        await CountAsync("open", () => Store.OpenSessionAsync(worker.Row, Token));
        var claimed = (await CountAsync("claim", () => worker.ClaimAsync(
            request => request with { Limit = 20, OldestFirst = 2 }))).Executions;
        Assert.Equal(20, claimed.Count);
        await CountAsync("wait", () => WaitAsync());
        await CountAsync("commit", () => worker.CommitAsync(
        [
            Make.Advance(claimed[0].Row, Make.Step(claimed[0].Row, 2)),
            Make.Finish(claimed[1].Row, 2),
            Make.Start(NewId(null), input: "2"),
        ]));
        await CommitOneAsync(worker, claimed);
        await CountAsync("commit of what is rare", () => worker.CommitAsync(
        [
            Make.Retry(claimed[2].Row, TimeSpan.FromHours(1), Make.Entry(claimed[2].Row, 2, EntryKind.AttemptFailed)),
            Make.Refuse(claimed[3].Row, "build", Make.Step(claimed[3].Row, 2)),
            Make.Cancel(claimed[4].Row.Id),
            Make.RetryNow(claimed[2].Row.Id, 7 + round),
            Make.Terminate(claimed[5].Row.Id),
        ]));
        var key = $"key-{round}";
        await CountAsync("starts", () => Store.CommitAsync(
            new CommitBatch(SessionId.None, [Make.Start(NewId(key), key), Make.Start(NewId(null))]), Token));
        await CountAsync("beat", () => worker.BeatAsync());
        await CountAsync("maintain", () => worker.MaintainAsync());
        await SweepAsync(worker);
        await EndPastDeadlineAsync(worker);
        await UnblockAsync(worker);
        await ForgetAsync();
        await CountAsync("find", () => Store.Queries.FindAsync(claimed[0].Row.Id, Token));
        await CountAsync("find by key", () => Store.Queries.FindByKeyAsync("key-0", Token));
        await CountAsync("ends", () => Store.Queries.FindEndsAsync(
            [.. claimed.Select(static one => one.Row.Id)], 65_536, Token));
        await CountAsync("journal", () => Store.Queries.ReadJournalAsync(claimed[0].Row.Id, -1, 100, Token));
        await CountAsync("tries", () => Store.Queries.ReadTriesAsync(claimed[0].Row.Id, Token));
        await CountAsync("list", () => Store.Queries.ListAsync(new ExecutionFilter { Limit = 50 }, Token));
        await CountAsync("list failed", () => Store.Queries.ListAsync(
            new ExecutionFilter { Limit = 50, State = ExecutionState.Failed }, Token));
        await CountAsync("count", () => Store.Queries.CountAsync(100, Token));
        var due = (await CountAsync("due schedules", () => Store.Schedules.ListDueAsync(20, Token))).Schedules;
        Assert.Equal(20, due.Count);
        await CountAsync("list schedules", () => Store.Schedules.ListAsync("s5", 50, Token));
        await CountAsync("change of a schedule", () => Store.Schedules.ApplyAsync(
            new ScheduleChange
            {
                Name = due[0].Name,
                ExpectedChange = due[0].ChangeId,
                Row = due[0] with { ChangeId = due[0].ChangeId + Executions, DueAt = Instant.Never },
                Operations = [Make.Start(NewId(null)), Make.Cancel(claimed[6].Row.Id)],
            },
            Token));
        await CountAsync("close", async () =>
        {
            await worker.CloseAsync();
            return true;
        });
    }

    /// <summary>Takes back what a dead one has.</summary>
    private async Task SweepAsync(Worker worker)
    {
        var dead = new Worker(Store, worker.Row with { Id = new SessionId(worker.Session.Value + 1_000) });
        await Store.OpenSessionAsync(dead.Row, Token);
        Assert.Equal(20, (await dead.ClaimAsync(static request => request with { Limit = 20 })).Executions.Count);
        await ExecuteAsync($"UPDATE hydra_sessions SET expires_at = 1 WHERE id = {dead.Session.Value}");
        MaintenanceAnswer answer;
        do
        {
            await worker.BeatAsync();
            answer = await CountAsync("sweep", () => worker.MaintainAsync());
        }
        while (answer.Released.Count == 0);

        Assert.Equal(20, answer.Released.Count);
    }

    /// <summary>Ends some of many that are past their deadline.</summary>
    private async Task EndPastDeadlineAsync(Worker worker)
    {
        await ExecuteAsync("UPDATE hydra_executions SET deadline = 1, due_at = 1 WHERE state = 2");

        var answer = await CountAsync("deadlines", () => worker.MaintainAsync(Few));

        Assert.Equal(20, answer.TimedOut.Count);
        await ExecuteAsync($"UPDATE hydra_executions SET deadline = NULL, due_at = {Later} WHERE deadline = 1");
    }

    /// <summary>Frees some of many that another build has blocked.</summary>
    private async Task UnblockAsync(Worker worker)
    {
        await ExecuteAsync("UPDATE hydra_executions SET state = 5, blocked_reason = 1 WHERE state = 2");

        var answer = await CountAsync("unblock", () => worker.MaintainAsync(Few));

        Assert.Equal(20, answer.Unblocked.Count);
        await ExecuteAsync(
            $"UPDATE hydra_executions SET state = 2, blocked_reason = 0 WHERE state = 5 AND due_at = {Later}");
    }

    private static MaintenanceRequest Few(MaintenanceRequest request) => request with { Limit = 20 };

    /// <summary>Deletes the oldest that have ended, and looks for more behind them and where none are.</summary>
    private async Task ForgetAsync()
    {
        var retention = ((IWorkflowStore)Store).Retention!;
        var page = await CountAsync("list ended", () => retention.ListEndedAsync(null, NewId(null), 100, Token));
        await CountAsync("list ended behind", () => retention.ListEndedAsync(page.Next, NewId(null), 100, Token));
        await CountAsync(
            "list ended in vain",
            () => retention.ListEndedAsync(null, ExecutionId.Create(1_600_000_000_000, 0, 0), 100, Token));

        var deleted = await CountAsync("delete", () => retention.DeleteAsync(page.Executions, Token));

        Assert.Equal((100, 100), (page.Executions.Count, deleted.Count));
    }

    private Task ExecuteAsync(string statement) => MySqlServer.ExecuteAsync(
        statement, new MySqlConnectionStringBuilder(_server) { DefaultCommandTimeout = 3_600 }.ConnectionString);

    /// <summary>One look for changes, which finds that something is due.</summary>
    private async Task<bool> WaitAsync()
    {
        await Store.WaitForChangeAsync(Token);
        return true;
    }

    /// <summary>Makes a call, and takes down when it has read or sorted too much.</summary>
    private async Task<T> CountAsync<T>(string name, Func<Task<T>> call)
    {
        var before = await ReadCountersAsync();
        var answer = await call();
        var after = await ReadCountersAsync();

        var counted = after.ToDictionary(static one => one.Key, one => one.Value - before[one.Key]);
        var line = $"{name}: " + string.Join(", ", counted.Where(static one => one.Value > 0));
        output.WriteLine(line);
        if (counted.Values.Sum() > MostRows)
        {
            _wrong.Add(line);
        }

        return answer;
    }

    /// <summary>Reading them is counted as well, by some hundred rows.</summary>
    private async Task<Dictionary<string, long>> ReadCountersAsync()
    {
        await using var connection = await MySqlServer.ConnectAsync(_server);
        await using var command = new MySqlCommand(
            """
            SHOW GLOBAL STATUS WHERE Variable_name LIKE 'Handler_read%' OR Variable_name LIKE 'Handler_icp_attempts'
              OR Variable_name LIKE 'Sort_rows'
            """,
            connection);
        await using var reader = await command.ExecuteReaderAsync(Token);
        var counters = new Dictionary<string, long>();
        while (await reader.ReadAsync(Token))
        {
            counters[reader.GetString(0)] = long.Parse(reader.GetString(1), CultureInfo.InvariantCulture);
        }

        return counters;
    }

    private static ExecutionId NewId(string? key) => ExecutionId.Create(
        DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(),
        (ulong)Random.Shared.NextInt64(),
        key is null ? (byte)Random.Shared.Next(256) : ExecutionId.ShardOf("tests", key));

    /// <summary>Fills the tables: of twenty executions one is due, one is due later, one has failed.</summary>
    private Task FillAsync() => ExecuteAsync(
        $"""
        SET SESSION unique_checks = 0;
        CREATE TABLE digits (n INT PRIMARY KEY);
        INSERT INTO digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
        CREATE TABLE numbers (seq INT PRIMARY KEY);
        INSERT INTO numbers
        SELECT seq
        FROM (SELECT 1 + a.n + 10 * b.n + 100 * c.n + 1000 * d.n + 10000 * e.n + 100000 * f.n AS seq
              FROM digits AS a, digits AS b, digits AS c, digits AS d, digits AS e, digits AS f) AS s
        WHERE seq <= {Executions};
        INSERT INTO hydra_executions (
          shard, namespace, id, epoch, owner, due_at, deadline, created_at, started_at, last_seq, retry_backoff,
          max_attempts, state, priority, workflow, `key`, input_hash)
        SELECT n.seq % 256, 'tests',
               UNHEX(CONCAT(LPAD(HEX(1700000000000 + n.seq), 12, '0'), '7', LEFT(SHA2(n.seq, 256), 17),
                            LPAD(HEX(n.seq % 256), 2, '0'))),
               1, 0, IF(n.seq % 20 = 0, n.seq, {Later}), IF(n.seq % 3 = 0, 9000000000000000, NULL), n.seq,
               n.seq, 1, 0, 3, IF(n.seq % 20 = 0, 0, 2), n.seq DIV 20 % 4, IF(n.seq % 7 = 0, 'refund', 'order'), NULL,
               ''
        FROM numbers AS n
        WHERE n.seq % 20 < 2;
        INSERT INTO hydra_outcomes (
          shard, namespace, id, epoch, due_at, deadline, created_at, started_at, finished_at, settled_epoch, last_seq,
          crash_seq, mail, retry_epoch, last_retry, retry_backoff, attempt, max_attempts, crashes, barren_crashes,
          sole_suspect_crashes, state, priority, backing_off, deadline_delivered, workflow, `key`, input_hash,
          waits_for)
        SELECT n.seq % 256, 'tests',
               UNHEX(CONCAT(LPAD(HEX(1700000000000 + n.seq), 12, '0'), '7', LEFT(SHA2(n.seq, 256), 17),
                            LPAD(HEX(n.seq % 256), 2, '0'))),
               1, n.seq, NULL, n.seq, n.seq, n.seq, 1, 1, 0, 0, 0, 0, 0, 1, 3, 0, 0, 0, IF(n.seq % 20 = 2, 7, 6), 0, 0,
               0, IF(n.seq % 7 = 0, 'refund', 'order'), CONCAT('k', n.seq), '', ''
        FROM numbers AS n
        WHERE n.seq % 20 >= 2;
        INSERT INTO hydra_start_keys (shard, namespace, `key`, execution)
        SELECT o.shard, 'tests', o.`key`, o.id
        FROM hydra_outcomes AS o;
        INSERT INTO hydra_journal (
          shard, namespace, execution, seq, kind, `key`, position, ordinal, failed, at, started_at, attempt, epoch,
          origin_seq, worker)
        SELECT e.shard, 'tests', e.id, s.seq, s.seq, IF(s.seq = 0, '', 'a'), 0, 0, 0, 0, 0, 1, 1, 0, ''
        FROM (SELECT shard, id FROM hydra_executions UNION ALL SELECT shard, id FROM hydra_outcomes) AS e
        CROSS JOIN (SELECT 0 AS seq UNION ALL SELECT 1) AS s;
        INSERT INTO hydra_attempts (
          shard, namespace, execution, `key`, attempt, epoch, phase, execution_attempt, started_at, worker)
        SELECT e.shard, 'tests', e.id, 'b', 1, 1, 1, 1, 0, ''
        FROM hydra_executions AS e
        WHERE e.state = 0;
        INSERT INTO hydra_attempts (
          shard, namespace, execution, `key`, attempt, epoch, phase, execution_attempt, started_at, worker)
        SELECT e.shard, 'tests', e.id, 'c', n.seq, 1, 1, 1, 0, ''
        FROM (SELECT shard, id FROM hydra_executions WHERE state = 0 ORDER BY due_at LIMIT 1) AS e
        CROSS JOIN (SELECT seq FROM numbers WHERE seq <= {Tries}) AS n;
        INSERT INTO hydra_schedules (
          namespace, name, workflow, change_id, due_at, paused, created_at, changed_at)
        SELECT 'tests', CONCAT('s', n.seq), 'order', n.seq, IF(n.seq % 20 = 0, n.seq, {Later}), 0, 0, 0
        FROM numbers AS n;
        INSERT INTO hydra_refusals (shard, namespace, execution, build, at)
        SELECT e.shard, 'tests', e.id, 'gone', 0
        FROM hydra_executions AS e
        WHERE e.state = 0
        """);
}
