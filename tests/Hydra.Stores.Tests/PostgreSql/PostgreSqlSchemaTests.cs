using Hydra.PostgreSql;
using Hydra.PostgreSql.Connections;
using Hydra.PostgreSql.Migrations;
using Hydra.PostgreSql.Sql;
using Hydra.Relational;
using Hydra.Relational.Migrations;
using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>Schemas: their names, what else may be in them, and how they get from one version to the next.</summary>
public sealed class PostgreSqlSchemaTests : IAsyncLifetime
{
    private static readonly int Next = PostgreSqlMigrationTarget.Brings.Version + 1;

    private readonly string _schema = $"t_{Guid.NewGuid():N}";
    private readonly List<IAsyncDisposable> _opened = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var opened in _opened)
        {
            await opened.DisposeAsync();
        }

        await PostgreSqlServer.ExecuteAsync($"DROP SCHEMA IF EXISTS \"{_schema}\" CASCADE");
    }

    [Theory]
    [InlineData("CREATE TABLE {0}.executions (id integer)", "executions")]
    [InlineData("CREATE TABLE {0}.schema_versions (name text)", "schema_versions")]
    [InlineData(
        "CREATE VIEW {0}.why_not_running AS SELECT 1; CREATE SEQUENCE {0}.journal", "journal, why_not_running")]
    [InlineData("CREATE TABLE {0}.t (id integer); CREATE INDEX executions_due ON {0}.t (id)", "executions_due")]
    public async Task Tables_of_another_program_under_our_names_are_named_and_left_alone(string sql, string names)
    {
        await PostgreSqlServer.ExecuteAsync(
            $"CREATE SCHEMA {_schema}; " + sql.Replace("{0}", _schema, StringComparison.Ordinal));
        var before = await CountRelationsAsync();

        var migrating = await Assert.ThrowsAsync<StoreException>(() => Open(_schema).MigrateAsync(Token));
        var verifying = await Assert.ThrowsAsync<StoreException>(() => Open(_schema).VerifyAsync(Token));

        Assert.Equal(StoreErrorKind.Unavailable, migrating.Kind);
        Assert.Contains($"under names that Hydra needs for its own: {names}.", migrating.Message);
        Assert.Contains($"schema '{_schema}'", migrating.Message);
        Assert.Equal(migrating.Message, verifying.Message);
        Assert.Equal(before, await CountRelationsAsync());
    }

    [Fact]
    public async Task Every_table_view_and_index_is_among_the_names_that_are_looked_for()
    {
        await Open(_schema).MigrateAsync(Token);
        var names = (string)(await PostgreSqlServer.AskAsync(
            "SELECT string_agg(relname, ' ') FROM pg_class WHERE relkind IN ('r', 'v', 'i') "
            + $"AND relnamespace = '{_schema}'::regnamespace AND relname NOT LIKE '%\\_pkey'"))!;

        Assert.All(
            names.Split(' '),
            name => Assert.Contains($"'{name}'", PostgreSqlSql.OurNames, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Other_tables_in_the_schema_are_left_alone()
    {
        await PostgreSqlServer.ExecuteAsync(
            $"CREATE SCHEMA {_schema}; CREATE TABLE {_schema}.hydrants AS SELECT 7 AS id");

        await Open(_schema).MigrateAsync(Token);

        Assert.Equal(7, await PostgreSqlServer.AskAsync($"SELECT id FROM {_schema}.hydrants"));
    }

    [Theory]
    [InlineData("select")]
    [InlineData("_")]
    [InlineData("a234567890123456789012345678901234567890123456789")]
    [InlineData("Hydra-Prod")]
    [InlineData("größe 処理")]
    [InlineData("1a\"; DROP SCHEMA public; --")]
    [InlineData("it's {name} {schema} $$ $1 %I \\ @p :p")]
    public async Task A_schema_may_have_any_name_that_the_rule_allows(string name)
    {
        await using var store = new PostgreSqlWorkflowStore(
            PostgreSqlServer.ConnectionString, new PostgreSqlStoreOptions { Schema = name, Listen = false }, "tests");
        try
        {
            await store.MigrateAsync(Token);
            await store.VerifyAsync(Token);

            Assert.Empty(await store.Queries.ListAsync(new ExecutionFilter(), Token));
            await CommitAsync(store);
            Assert.Equal("noWorker", await PostgreSqlServer.AskAsync(
                $"SELECT reason FROM {Quoting.Identifier(name)}.why_not_running"));
            await PostgreSqlServer.ExecuteAsync($"DROP SCHEMA {Quoting.Identifier(name)} CASCADE");
            await PostgreSqlServer.ExecuteAsync(PostgreSqlScripts.Schema(name));
            await store.VerifyAsync(Token);
        }
        finally
        {
            await PostgreSqlServer.ExecuteAsync($"DROP SCHEMA IF EXISTS {Quoting.Identifier(name)} CASCADE");
        }
    }

    [Fact]
    public async Task The_script_of_the_schema_does_what_migrating_does()
    {
        await PostgreSqlServer.ExecuteAsync(PostgreSqlScripts.Schema(_schema));

        await Open(_schema).VerifyAsync(Token);
        await Open(_schema).MigrateAsync(Token);
        Assert.Equal((long)Next, await PostgreSqlServer.AskAsync($"SELECT count(*) FROM {_schema}.schema_versions"));
    }

    /// <summary>A rolling upgrade: the next version migrates while this one works, and both go on.</summary>
    [Fact]
    public async Task The_next_version_migrates_under_a_store_that_works()
    {
        var store = Open(_schema);
        await store.MigrateAsync(Token);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var working = Enumerable.Range(1, 4)
            .Select(number => new RollingWork(store, number, static _ => false).RunAsync(over.Token)).ToList();
        var next = new MigrationRunner(
            typeof(PostgreSqlSchemaTests).Assembly, new SchemaVersion(Next, MinLibrary: 1), "Hydra.PostgreSql");

        await Threads.RunAsync(Enumerable.Range(0, 20).Select(_ => (Func<Task>)(() => RunAsync(next.MigrateAsync))));
        await over.CancelAsync();
        var work = await Task.WhenAll(working);

        await RunAsync(next.VerifyAsync);
        await Open(_schema).VerifyAsync(Token);
        await Open(_schema).MigrateAsync(Token);
        await CommitAsync(store);
        Assert.All(work, static one => Assert.True(one.Started > 0));
        Assert.Equal(work.Sum(static one => one.Started), work.Sum(static one => one.Ended));
        Assert.Single(await store.Queries.ListAsync(new ExecutionFilter { State = ExecutionState.Pending }, Token));
        Assert.Empty(await store.Queries.ListAsync(new ExecutionFilter { State = ExecutionState.Running }, Token));
        Assert.Equal(Next, await PostgreSqlServer.AskAsync($"SELECT max(version) FROM {_schema}.schema_versions"));
        Assert.Equal(1L, await PostgreSqlServer.AskAsync(
            $"SELECT count(*) FROM {_schema}.schema_versions WHERE version = {Next}"));
    }

    [Fact]
    public async Task What_a_library_of_the_first_version_has_made_gets_schedules_and_that_library_goes_on()
    {
        var first = new MigrationRunner(
            typeof(PostgreSqlMigrationTarget).Assembly, new SchemaVersion(Version: 1, MinLibrary: 1), "Hydra");
        await RunAsync(first.MigrateAsync);
        var store = Open(_schema);
        await Assert.ThrowsAsync<StoreException>(() => store.VerifyAsync(Token));
        await CommitAsync(store);

        await store.MigrateAsync(Token);

        await LimitedUser.ChangeSchedulesAsync(store, Token);
        await RunAsync(first.VerifyAsync);
        await RunAsync(first.MigrateAsync);
        Assert.Single(await store.Queries.ListAsync(new ExecutionFilter(), Token));
    }

    /// <summary>A step that waits for a table would have everybody wait behind it.</summary>
    [Fact]
    public async Task A_migration_gives_up_when_a_table_is_in_use_for_long_and_leaves_nothing_behind()
    {
        await Open(_schema).MigrateAsync(Token);
        var next = new MigrationRunner(
            typeof(PostgreSqlSchemaTests).Assembly, new SchemaVersion(Next, MinLibrary: 1), "Hydra.PostgreSql");
        await using var connection = await PostgreSqlServer.ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await using var look = connection.CreateCommand();
        look.CommandText = $"SELECT count(*) FROM {_schema}.executions";
        await look.ExecuteScalarAsync(Token);

        var refused = await Assert.ThrowsAsync<StoreException>(() => RunAsync(next.MigrateAsync));
        await transaction.RollbackAsync(Token);

        Assert.Equal(StoreErrorKind.RolledBack, refused.Kind);
        Assert.Equal(
            Next - 1, await PostgreSqlServer.AskAsync($"SELECT max(version) FROM {_schema}.schema_versions"));
        await RunAsync(next.MigrateAsync);
    }

    [Fact]
    public async Task A_migration_that_stands_still_keeps_the_others_out_for_a_while_only()
    {
        var options = new PostgreSqlStoreOptions { Schema = _schema, Listen = false };
        await using var database = new Database(
            null, PostgreSqlServer.ConnectionString, options, "tests", new DatabaseClock(TimeProvider.System, true));
        await using var stopped = new PostgreSqlMigrationTarget(database, await database.OpenAloneAsync(Token))
        {
            Patience = TimeSpan.FromMilliseconds(200),
        };
        await stopped.BeginAsync(Token);

        await Open(_schema).MigrateAsync(Token);

        await Open(_schema).VerifyAsync(Token);
    }

    private static async Task CommitAsync(PostgreSqlWorkflowStore store)
    {
        var id = ExecutionId.Create(1_800_000_000_000, (ulong)Random.Shared.NextInt64(), (byte)Random.Shared.Next(256));
        var answer = await store.CommitAsync(new CommitBatch(SessionId.None, [Make.Start(id)]), Token);
        Assert.Equal(AnswerKind.Started, answer.Answers[0].Kind);
    }

    private Task<object?> CountRelationsAsync() => PostgreSqlServer.AskAsync(
        $"SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace('{_schema}')");

    private async Task RunAsync(Func<IMigrationTarget, CancellationToken, Task> work)
    {
        await using var database = new Database(
            null,
            PostgreSqlServer.ConnectionString,
            new PostgreSqlStoreOptions { Schema = _schema },
            "tests",
            new DatabaseClock(TimeProvider.System, isDatabase: true));
        await PostgreSqlMigrationTarget.RunAsync(database, target => work(target, Token), Token);
    }

    private PostgreSqlWorkflowStore Open(string schema)
    {
        var store = new PostgreSqlWorkflowStore(
            PostgreSqlServer.ConnectionString, new PostgreSqlStoreOptions { Schema = schema, Listen = false }, "tests");
        _opened.Add(store);
        return store;
    }
}
