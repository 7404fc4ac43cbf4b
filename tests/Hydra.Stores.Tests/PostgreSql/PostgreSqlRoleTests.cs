using Hydra.PostgreSql;
using Hydra.PostgreSql.Sql;
using Hydra.Storage;
using Npgsql;

namespace Hydra.Stores.Tests;

/// <summary>The roles that the scripts make: what each can do, and above all what it cannot.</summary>
public sealed class PostgreSqlRoleTests : IAsyncLifetime
{
    /// <summary>As odd as a name may be, so that every script is seen to quote it.</summary>
    private readonly string _name = $"Odd \"'$$%s\\{{name}} ö-{Guid.NewGuid():N}"[..40];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Schema => Quoting.Identifier(_name);

    private string Migrator => $"{_name}_migrator";

    private string Worker => $"{_name}_worker";

    private string Reader => $"{_name}_reader";

    private string Pruner => $"{_name}_pruner";

    public async ValueTask InitializeAsync()
    {
        await PostgreSqlServer.ExecuteAsync(PostgreSqlScripts.Migrator(_name));
        await using var store = Open(Migrator);
        await store.MigrateAsync(Token);
        await PostgreSqlServer.ExecuteAsync(PostgreSqlScripts.Worker(_name));
        await PostgreSqlServer.ExecuteAsync(PostgreSqlScripts.Reader(_name));
        await PostgreSqlServer.ExecuteAsync(PostgreSqlScripts.Pruner(_name));
    }

    public async ValueTask DisposeAsync() => await PostgreSqlServer.ExecuteAsync(
        $"DROP SCHEMA {Schema} CASCADE; DROP ROLE {Roles}");

    [Fact]
    public async Task A_worker_runs_workflows_on_a_schema_that_it_may_not_change()
    {
        await using var hydra = await HydraEngine.OpenAsync(
            builder =>
            {
                builder.UsePostgreSql(As(Worker), options => options with { Schema = _name });
                builder.MigrateOnOpen = false;
                builder.AddWorkflow<int, int>("double", async (context, number) =>
                {
                    await context.SleepAsync(TimeSpan.FromMilliseconds(1));
                    return await context.StepAsync("double", number, static (n, _) => Task.FromResult(n * 2));
                });
                builder.AddWorker();
            },
            Token);

        var handle = await hydra.Client.Workflow<int, int>("double").StartAsync(21, cancellationToken: Token);

        Assert.Equal(42, await handle.ResultAsync(Token));
    }

    /// <summary>The rights are those that the guide to transactions names.</summary>
    [Fact]
    public async Task Bodies_write_as_a_role_that_may_only_land_results_and_its_own_work()
    {
        var (shop, role) = ($"{_name}_shop", Quoting.Identifier($"{_name}_shop"));
        await PostgreSqlServer.ExecuteAsync($"""
            CREATE ROLE {role} LOGIN;
            GRANT USAGE ON SCHEMA {Schema} TO {role};
            GRANT SELECT ON {Schema}.schema_versions TO {role};
            GRANT SELECT (shard, namespace, id, epoch, owner, state), UPDATE (waits_for) ON {Schema}.executions
              TO {role};
            GRANT INSERT ON {Schema}.attempts TO {role};
            CREATE TABLE {Schema}.sales (number int NOT NULL);
            GRANT INSERT ON {Schema}.sales TO {role}
            """);
        try
        {
            await using var source = NpgsqlDataSource.Create(As(shop));

            var details = await LimitedUser.RunAsync(
                hydra => hydra.UsePostgreSql(As(Worker), options => options with { Schema = _name }),
                source,
                $"{Schema}.sales",
                Token);

            Assert.Equal(2, details.Tries.Count(one => one.IsResult()));
            Assert.Equal(2L, await PostgreSqlServer.AskAsync($"SELECT count(*) FROM {Schema}.sales"));
            await AssertDeniedAsync(shop, "SELECT input FROM {0}.attempts");
            await AssertDeniedAsync(shop, "UPDATE {0}.executions SET state = 0");
        }
        finally
        {
            await PostgreSqlServer.ExecuteAsync($"DROP OWNED BY {role}; DROP ROLE {role}");
        }
    }

    /// <summary>A reader sees no input by way of a view either, while the step that was given it runs.</summary>
    [Fact]
    public async Task A_reader_sees_no_input_in_the_reasons()
    {
        await using var store = Open(Worker);
        var id = await Secrets.RunStepAsync(store, Token);

        var seen = await PostgreSqlServer.AskAsync(
            $"SELECT string_agg(w::text, ' ') FROM {Schema}.why_not_running AS w", As(Reader));

        Assert.Contains("charge since", (string)seen!, StringComparison.Ordinal);
        Assert.DoesNotContain(Secrets.Input, (string)seen!, StringComparison.Ordinal);
        await Secrets.AssertWhyIsPartialAsync(
            id, hydra => hydra.UsePostgreSql(As(Reader), options => options with { Schema = _name }), Token);
    }

    [Fact]
    public async Task A_worker_need_not_migrate_what_is_up_to_date()
    {
        await using var store = Open(Worker);

        await store.MigrateAsync(Token);
        await store.VerifyAsync(Token);
    }

    [Theory]
    [InlineData("CREATE TABLE {0}.t (id integer)")]
    [InlineData("ALTER TABLE {0}.executions ADD COLUMN t integer")]
    [InlineData("DROP TABLE {0}.executions")]
    [InlineData("CREATE INDEX ON {0}.executions (state)")]
    [InlineData("DROP INDEX {0}.executions_due")]
    [InlineData("TRUNCATE {0}.executions")]
    [InlineData("CREATE SCHEMA another")]
    [InlineData("DELETE FROM {0}.executions")]
    [InlineData("UPDATE {0}.journal SET output = NULL")]
    [InlineData("UPDATE {0}.executions SET key = 'another'")]
    [InlineData("UPDATE {0}.executions SET workflow = 'another'")]
    [InlineData("UPDATE {0}.executions SET input_hash = ''")]
    [InlineData("UPDATE {0}.executions SET created_at = 0")]
    [InlineData("UPDATE {0}.executions SET namespace = 'another'")]
    [InlineData("UPDATE {0}.subject_keys SET id = 'another'")]
    [InlineData("DELETE FROM {0}.subject_keys")]
    [InlineData("UPDATE {0}.origins SET kind = 0")]
    [InlineData("DELETE FROM {0}.journal")]
    [InlineData("UPDATE {0}.attempts SET failure = NULL")]
    [InlineData("DELETE FROM {0}.crashes")]
    [InlineData("UPDATE {0}.schema_versions SET version = 9")]
    [InlineData("INSERT INTO {0}.schema_versions VALUES (9, 9, 9)")]
    public async Task A_worker_can_neither_change_tables_nor_what_has_been_recorded(string statement) =>
        await AssertDeniedAsync(Worker, statement);

    [Fact]
    public async Task A_migrator_role_is_told_what_it_lacks()
    {
        await PostgreSqlServer.ExecuteAsync($"DROP TABLE {Schema}.schema_versions CASCADE");
        await PostgreSqlServer.ExecuteAsync($"DROP SCHEMA {Schema} CASCADE");
        await using var store = Open(Worker);

        var error = await Assert.ThrowsAsync<StoreException>(() => store.MigrateAsync(Token));
        await PostgreSqlServer.ExecuteAsync($"CREATE SCHEMA {Schema}");

        Assert.Equal(StoreErrorKind.Unavailable, error.Kind);
        Assert.Contains("The role may not do this (42501", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reader_sees_all_but_inputs_and_outputs()
    {
        var start = Make.Start(ExecutionId.Create(1_800_000_000_000, 1, 1));
        await using var worker = Open(Worker);
        await worker.CommitAsync(new CommitBatch(SessionId.None, [start]), Token);
        await using var reader = Open(Reader);

        await reader.VerifyAsync(Token);
        Assert.NotNull(await reader.Queries.FindAsync(start.Id, Token));
        Assert.Single(await reader.Queries.ListAsync(new ExecutionFilter(), Token));
        Assert.Empty(await reader.Queries.ListSessionsAsync(Token));
        await reader.Queries.CountAsync(100, Token);
        Assert.Equal("noWorker", await AskAsync(Reader, "SELECT reason FROM {0}.why_not_running"));
        Assert.Equal("pending", await AskAsync(Reader, "SELECT state FROM {0}.executions_text"));
        Assert.Equal("input", await AskAsync(Reader, "SELECT kind FROM {0}.steps_text"));
        Assert.Equal(0L, await AskAsync(Reader, "SELECT seq FROM {0}.journal"));
        await LimitedUser.ChangeSchedulesAsync(worker, Token);
        Assert.Equal("left", await AskAsync(Reader, "SELECT name FROM {0}.schedules_text"));
        Assert.Equal("left", await AskAsync(Reader, "SELECT name FROM {0}.schedules"));
        var error = await Assert.ThrowsAsync<StoreException>(
            () => reader.Queries.ReadJournalAsync(start.Id, -1, 10, Token));
        Assert.Contains("42501", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SELECT input FROM {0}.journal")]
    [InlineData("SELECT output FROM {0}.steps_text")]
    [InlineData("SELECT failure FROM {0}.attempts")]
    [InlineData("SELECT difference FROM {0}.refusals")]
    [InlineData("SELECT input FROM {0}.schedules")]
    [InlineData("SELECT input FROM {0}.schedules_text")]
    [InlineData("DELETE FROM {0}.schedules")]
    [InlineData("INSERT INTO {0}.crashes DEFAULT VALUES")]
    [InlineData("UPDATE {0}.executions SET epoch = 1")]
    [InlineData("DELETE FROM {0}.sessions")]
    [InlineData("SELECT FROM {0}.executions FOR UPDATE")]
    [InlineData("CREATE TABLE {0}.t (id integer)")]
    public async Task A_reader_can_do_nothing_else(string statement) => await AssertDeniedAsync(Reader, statement);

    [Fact]
    public async Task A_pruner_deletes_what_has_ended_and_a_worker_does_once_it_is_granted_that()
    {
        await using var worker = Open(Worker);
        await using var pruner = Open(Pruner);

        await pruner.VerifyAsync(Token);
        await LimitedUser.PruneAsync(worker, pruner, Token);
        var error = await Assert.ThrowsAsync<StoreException>(() => LimitedUser.PruneAsync(worker, worker, Token));
        await PostgreSqlServer.ExecuteAsync($"GRANT {Quoting.Identifier(Pruner)} TO {Quoting.Identifier(Worker)}");
        await LimitedUser.PruneAsync(worker, worker, Token);

        Assert.Contains("42501", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public Task A_pruner_reads_what_has_a_subject_so_that_it_can_archive_it() => LimitedUser.ReadSubjectAsync(
        hydra => hydra.UsePostgreSql(As(Worker), options => options with { Schema = _name }),
        hydra => hydra.UsePostgreSql(As(Pruner), options => options with { Schema = _name }),
        Token);

    [Theory]
    [InlineData("INSERT INTO {0}.crashes DEFAULT VALUES")]
    [InlineData("UPDATE {0}.subject_keys SET wrapped = NULL")]
    [InlineData("UPDATE {0}.executions SET state = 1")]
    [InlineData("UPDATE {0}.journal SET output = NULL")]
    [InlineData("DELETE FROM {0}.sessions")]
    [InlineData("DELETE FROM {0}.schedules")]
    public async Task A_pruner_can_do_nothing_else(string statement) => await AssertDeniedAsync(Pruner, statement);

    [Fact]
    public async Task The_scripts_may_be_run_again_by_the_owner_and_take_over_what_another_role_has_made()
    {
        await PostgreSqlServer.ExecuteAsync($"ALTER TABLE {Schema}.executions OWNER TO hydra");

        await PostgreSqlServer.ExecuteAsync(PostgreSqlScripts.Migrator(_name));
        await PostgreSqlServer.ExecuteAsync(PostgreSqlScripts.Worker(_name), As(Migrator));
        await PostgreSqlServer.ExecuteAsync(PostgreSqlScripts.Reader(_name), As(Migrator));
        await PostgreSqlServer.ExecuteAsync(PostgreSqlScripts.Pruner(_name), As(Migrator));

        await PostgreSqlServer.ExecuteAsync($"ALTER TABLE {Schema}.executions ADD COLUMN t integer", As(Migrator));
    }

    private string Roles => string.Join(", ", new[] { Migrator, Worker, Reader, Pruner }.Select(Quoting.Identifier));

    private static string As(string role) =>
        new NpgsqlConnectionStringBuilder(PostgreSqlServer.ConnectionString) { Username = role, Pooling = false }
            .ConnectionString;

    private async Task AssertDeniedAsync(string role, string statement)
    {
        var denied = await Assert.ThrowsAsync<PostgresException>(() => PostgreSqlServer.ExecuteAsync(
            statement.Replace("{0}", Schema, StringComparison.Ordinal), As(role)));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, denied.SqlState);
    }

    private Task<object?> AskAsync(string role, string question) =>
        PostgreSqlServer.AskAsync(question.Replace("{0}", Schema, StringComparison.Ordinal), As(role));

    private PostgreSqlWorkflowStore Open(string role) =>
        new(As(role), new PostgreSqlStoreOptions { Schema = _name, Listen = false }, "tests");
}
