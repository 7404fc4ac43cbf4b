using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Hydra.PostgreSql;
using Hydra.PostgreSql.Sql;
using Hydra.Storage;
using Npgsql;

namespace Hydra.Stores.Tests;

/// <summary>What the server reads for what is asked of it, on tables of which it knows nothing yet.</summary>
public sealed partial class PostgreSqlPlanTests : IAsyncLifetime
{
    private const int Batches = 60;
    private const int BatchSize = 10;

    private static readonly SessionId Session = new(7);
    private static readonly Payload Payload = Payload.Create("1"u8);

    private readonly string _schema = $"t_{Guid.NewGuid():N}";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await using var store = Open();
        await store.MigrateAsync(Token);
    }

    public async ValueTask DisposeAsync() => await ReadAsync<object>($"DROP SCHEMA {_schema} CASCADE");

    /// <remarks>
    /// Nobody analyses the tables, as in the first minute after a migration. A plan that walks one of them reads more
    /// with every batch, thousands of rows in the end for each execution.
    /// </remarks>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Each_execution_costs_a_handful_of_rows_however_many_there_are(bool prepared)
    {
        await ReadAsync<object>(
            $"""
            ALTER TABLE {_schema}.executions SET (autovacuum_enabled = off);
            ALTER TABLE {_schema}.journal SET (autovacuum_enabled = off)
            """);

        await using (var store = Open(prepared))
        {
            await store.OpenSessionAsync(NewSession(), Token);
            for (var batch = 0; batch < Batches; batch++)
            {
                await RunAsync(store, [.. Enumerable.Range(0, BatchSize).Select(_ => NewId())]);
            }
        }

        const int Executions = Batches * BatchSize;
        Assert.InRange(await FetchedAsync("executions", Executions), 1, 6 * Executions);
        Assert.InRange(await FetchedAsync("journal", 3 * Executions), 1, 6 * Executions);
    }

    /// <remarks>
    /// The server has looked at the tables while they were empty, as autovacuum may behind a migration. It takes them
    /// for small then, and would walk them for each id.
    /// </remarks>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Many_ends_are_looked_up_one_by_one_in_tables_that_are_taken_to_be_empty(bool prepared)
    {
        const int Executions = 20;
        const int Looks = 20;
        foreach (var table in new[] { "executions", "journal" })
        {
            await ReadAsync<object>($"ALTER TABLE {_schema}.{table} SET (autovacuum_enabled = off)");
            await ReadAsync<object>($"VACUUM ANALYZE {_schema}.{table}");
        }

        ExecutionId[] ids = [.. Enumerable.Range(0, Executions).Select(_ => NewId())];
        await using var reader = Open(prepared);
        for (var look = 0; look < Looks; look++)
        {
            Assert.Empty(await reader.Queries.FindEndsAsync(ids, 65_536, Token)); // It may keep a plan of these.
        }

        await using (var store = Open(prepared))
        {
            await store.OpenSessionAsync(NewSession(), Token);
            foreach (var batch in ids.Chunk(BatchSize))
            {
                await RunAsync(store, batch);
            }
        }

        var (executions, entries) = (
            await FetchedAsync("executions", Executions), await FetchedAsync("journal", 3 * Executions));
        for (var look = 0; look < Looks; look++)
        {
            var ends = await reader.Queries.FindEndsAsync(ids, 65_536, Token);
            Assert.Equal(Executions, ends.Count(static end => end.Last?.Kind == EntryKind.Terminal));
        }

        await reader.DisposeAsync();

        const int Found = Looks * Executions;
        Assert.InRange(await ReadByAsync("executions", executions + Found) - executions, Found, 2 * Found);
        Assert.InRange(await ReadByAsync("journal", entries + Found) - entries, Found, 2 * Found);

        async Task<long> ReadByAsync(string table, long least)
        {
            long read;
            do
            {
                read = await FetchedAsync(table, 0);
            }
            while (read < least); // Until the server has counted.
            return read;
        }
    }

    /// <remarks>The variants that wait are for databases that plan in their own ways.</remarks>
    [Fact]
    public async Task What_is_asked_for_by_its_id_is_looked_up_by_the_head_of_its_key()
    {
        var sql = new PostgreSqlSql(_schema);
        var statements = typeof(PostgreSqlSql).GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => !property.Name.EndsWith("Waiting", StringComparison.Ordinal))
            .ToDictionary(property => property.Name, property => (string)property.GetValue(sql)!)
            .Where(statement => statement.Value.Contains("::uuid[]", StringComparison.Ordinal))
            .ToList();

        Assert.InRange(statements.Count, 15, 40);
        foreach (var (name, statement) in statements)
        {
            var plan = await PlanAsync(statement);
            Assert.DoesNotContain(plan, line => line.Contains("Seq Scan", StringComparison.Ordinal));
            Assert.All(plan.Index().Where(line => TableScan().IsMatch(line.Item)), scan => Assert.True(
                KeyLookup().IsMatch(plan[scan.Index + 1]),
                $"{name}: {scan.Item} {plan[scan.Index + 1]}"));
        }
    }

    [Fact]
    public async Task Schedules_that_are_due_are_looked_up_by_their_time()
    {
        var plan = await PlanAsync(new PostgreSqlSql(_schema).ListDueSchedules);

        Assert.DoesNotContain(plan, line => line.Contains("Seq Scan", StringComparison.Ordinal));
        Assert.Equal(
            2, plan.Count(line => line.Contains("using schedules_due on schedules", StringComparison.Ordinal)));
        Assert.Equal(2, plan.Count(line => DueLookup().IsMatch(line)));
    }

    /// <summary>How the server plans a prepared statement under the settings of the store.</summary>
    private static async Task<List<string>> PlanAsync(string statement)
    {
        await using var connection = new NpgsqlConnection(PostgreSqlServer.ConnectionString);
        await connection.OpenAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await using (var settings = new NpgsqlCommand(PostgreSqlSql.TransactionSettings, connection))
        {
            Array.ForEach(["2000", "9000", "2000"], value => settings.Parameters.Add(new() { Value = value }));
            await settings.ExecuteNonQueryAsync(Token);
        }

        var parameters = Enumerable.Repeat(
            "NULL",
            Parameter().Matches(statement).Max(
                static match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)));
        await using (var prepare = new NpgsqlCommand($"PREPARE asked AS {statement}", connection))
        {
            await prepare.ExecuteNonQueryAsync(Token);
        }

        await using var explain = new NpgsqlCommand(
            $"EXPLAIN EXECUTE asked ({string.Join(", ", parameters)})", connection);
        await using var reader = await explain.ExecuteReaderAsync(Token);
        var plan = new List<string>();
        while (await reader.ReadAsync(Token))
        {
            plan.Add(reader.GetString(0));
        }

        return plan;
    }

    [GeneratedRegex(@"Scan using \w+ on (executions|journal|attempts|refusals)\b")]
    private static partial Regex TableScan();

    [GeneratedRegex(@"Index Cond: \(\((shard|execution) = ")]
    private static partial Regex KeyLookup();

    [GeneratedRegex(@"Index Cond: \(\(namespace = \$1\) AND \(due_at (>|<=) ")]
    private static partial Regex DueLookup();

    [GeneratedRegex(@"\$(\d+)")]
    private static partial Regex Parameter();

    /// <summary>One after the other: direct starts, starts for anybody, a claim, outcomes, a release, ends.</summary>
    private static async Task RunAsync(PostgreSqlWorkflowStore store, ExecutionId[] ids)
    {
        var direct = ids[..(BatchSize / 2)];
        await CommitAsync(store, [
            .. direct.Select(id => Start(id) with { Owner = Session }),
            .. ids[direct.Length..].Select(Start)]);
        var claimed = await store.ClaimAsync(
            new ClaimRequest { Session = Session, Workflows = ["order"], Limit = BatchSize }, Token);
        Assert.Equal(ids.Length - direct.Length, claimed.Executions.Count);
        await CommitAsync(store, [.. ids.Select(id => Advance(id, 1, EntryKind.Step))]);
        await CommitAsync(store, [.. ids.Select(id => Advance(id, 2, EntryKind.Terminal) with
        {
            Settlement = new Settlement.Finished(ExecutionState.Completed) { LastSeq = 2 },
        })]);
    }

    private static async Task CommitAsync(PostgreSqlWorkflowStore store, StoreOperation[] operations)
    {
        var answer = await store.CommitAsync(new CommitBatch(Session, operations), Token);
        Assert.All(answer.Answers, one => Assert.True(one.Kind is AnswerKind.Started or AnswerKind.Applied));
    }

    /// <summary>How many rows of a table were fetched, once the server has counted everything.</summary>
    private async Task<long> FetchedAsync(string table, long inserted)
    {
        while (await ReadAsync<long>(
            $"SELECT n_tup_ins FROM pg_stat_user_tables WHERE schemaname = '{_schema}' AND relname = '{table}'")
            < inserted)
        {
        }

        return await ReadAsync<long>(
            $"""
            SELECT seq_tup_read + idx_tup_fetch
            FROM pg_stat_user_tables
            WHERE schemaname = '{_schema}' AND relname = '{table}'
            """);
    }

    private static async Task<T?> ReadAsync<T>(string statement)
    {
        await using var connection = new NpgsqlConnection(PostgreSqlServer.ConnectionString);
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand(statement, connection);
        return (T?)await command.ExecuteScalarAsync(Token);
    }

    private PostgreSqlWorkflowStore Open(bool prepared = true) => new(
        PostgreSqlServer.ConnectionString,
        new PostgreSqlStoreOptions { Schema = _schema, PrepareStatements = prepared, Listen = false },
        "tests");

    private static ExecutionId NewId() => new(Guid.CreateVersion7());

    private static SessionRow NewSession() => new()
    {
        Id = Session,
        Worker = "worker",
        Build = "1",
        HeartbeatInterval = TimeSpan.FromMinutes(1),
        ClaimTimeout = TimeSpan.FromMinutes(5),
        Workflows = ["order"],
    };

    private static StartOperation Start(ExecutionId id) => new()
    {
        Id = id,
        Workflow = "order",
        InputHash = Payload.HashText,
        Input = new JournalEntry { Seq = 0, Kind = EntryKind.Input, Input = Payload, At = default, Epoch = 0 },
        MaxAttempts = 3,
        RetryBackoff = TimeSpan.FromSeconds(1),
    };

    private static AdvanceOperation Advance(ExecutionId id, long seq, EntryKind kind) => new()
    {
        Id = id,
        Epoch = 1,
        Entries = [new JournalEntry { Seq = seq, Kind = kind, At = new Instant(1), Epoch = 1, Attempt = 1 }],
    };
}
