using Hydra.MySql;
using Hydra.Storage;
using MySqlConnector;

namespace Hydra.Stores.Tests;

/// <summary>The users that the scripts make: what each can do, and above all what it cannot.</summary>
public sealed class MySqlUserTests : IAsyncLifetime
{
    private readonly string _prefix = $"t{Guid.NewGuid().ToString("N")[..16]}_";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Migrator => $"{_prefix}migrator";

    private string Worker => $"{_prefix}worker";

    private string Reader => $"{_prefix}reader";

    private string Pruner => $"{_prefix}pruner";

    public async ValueTask InitializeAsync()
    {
        await RunAsync(MySqlScripts.Migrator(_prefix));
        await UnlockAsync(Migrator);
        await using (var store = Open(Migrator))
        {
            await store.MigrateAsync(Token);
        }

        await RunAsync(MySqlScripts.Worker(_prefix));
        await RunAsync(MySqlScripts.Reader(_prefix));
        await RunAsync(MySqlScripts.Pruner(_prefix));
        var locked = await Assert.ThrowsAsync<MySqlException>(() => MySqlServer.ConnectAsync(As(Worker)));
        Assert.Contains("locked", locked.Message, StringComparison.Ordinal);
        await using (var store = Open(Worker))
        {
            var refused = await Assert.ThrowsAsync<StoreException>(() => store.VerifyAsync(Token));
            Assert.Contains("does not let this program in", refused.Message, StringComparison.Ordinal);
        }

        await UnlockAsync(Worker);
        await UnlockAsync(Reader);
        await UnlockAsync(Pruner);
        await RunAsync(MySqlScripts.Worker(_prefix)); // All may be run again.
    }

    public async ValueTask DisposeAsync()
    {
        await MySqlServer.ExecuteAsync($"DROP USER '{Migrator}'@'%', '{Worker}'@'%', '{Reader}'@'%', '{Pruner}'@'%'");
        await MySqlTables.DropAsync(_prefix);
    }

    [Fact]
    public async Task A_worker_runs_workflows_on_tables_that_it_may_not_change()
    {
        await using var hydra = await HydraEngine.OpenAsync(
            builder =>
            {
                builder.UseMySql(As(Worker), options => options with { TablePrefix = _prefix });
                builder.MigrateOnOpen = false;
                builder.AddWorkflow<int, int>("double", async (context, number) =>
                {
                    await context.SleepAsync(TimeSpan.FromMilliseconds(1));
                    return await context.StepAsync("double", number, static (n, _) => Task.FromResult(n * 2));
                });
                builder.AddWorker();
            },
            Token);

        var handle = await hydra.Client.Workflow<int, int>("double")
            .StartAsync(21, new() { Key = "once" }, cancellationToken: Token);
        var delayed = await hydra.Client.Workflow<int, int>("double")
            .StartAsync(21, new() { Delay = TimeSpan.FromHours(1) }, cancellationToken: Token);
        await delayed.TerminateAsync("enough", Token);

        Assert.Equal(42, await handle.ResultAsync(Token));
    }

    /// <summary>The rights are those that the guide to transactions names.</summary>
    [Fact]
    public async Task Bodies_write_as_a_user_who_may_only_land_results_and_its_own_work()
    {
        var shop = $"{_prefix}shop";
        foreach (var statement in new[]
        {
            $"CREATE USER '{shop}'@'%'",
            $"GRANT SELECT ON {_prefix}schema_versions TO '{shop}'@'%'",
            $"GRANT SELECT (shard, namespace, id, epoch, owner, state) ON {_prefix}executions TO '{shop}'@'%'",
            $"GRANT INSERT ON {_prefix}attempts TO '{shop}'@'%'",
            $"CREATE TABLE {_prefix}sales (number INT NOT NULL)",
            $"GRANT INSERT ON {_prefix}sales TO '{shop}'@'%'",
        })
        {
            await MySqlServer.ExecuteAsync(statement);
        }

        try
        {
            await using var source = new MySqlDataSource(As(shop));

            var details = await LimitedUser.RunAsync(
                hydra => hydra.UseMySql(As(Worker), options => options with { TablePrefix = _prefix }),
                source,
                $"{_prefix}sales",
                Token);

            Assert.Equal(2, details.Tries.Count(one => one.IsResult()));
            await AssertDeniedAsync(shop, "SELECT input FROM {0}attempts");
            await AssertDeniedAsync(shop, "UPDATE {0}executions SET state = 0");
        }
        finally
        {
            await MySqlServer.ExecuteAsync($"DROP USER '{shop}'@'%'");
        }
    }

    [Fact]
    public async Task A_pruner_deletes_what_has_ended_and_a_worker_does_not()
    {
        await using var worker = Open(Worker);
        await using var pruner = Open(Pruner);

        await pruner.VerifyAsync(Token);
        await LimitedUser.PruneAsync(worker, pruner, Token);

        await Assert.ThrowsAsync<StoreException>(() => LimitedUser.PruneAsync(worker, worker, Token));
    }

    [Fact]
    public Task A_pruner_reads_what_has_a_subject_so_that_it_can_archive_it() => LimitedUser.ReadSubjectAsync(
        hydra => hydra.UseMySql(As(Worker), options => options with { TablePrefix = _prefix }),
        hydra => hydra.UseMySql(As(Pruner), options => options with { TablePrefix = _prefix }),
        Token);

    [Theory]
    [InlineData("INSERT INTO {0}crashes (epoch) VALUES (1)")]
    [InlineData("UPDATE {0}subject_keys SET wrapped = NULL")]
    [InlineData("UPDATE {0}outcomes SET state = 7")]
    [InlineData("DELETE FROM {0}executions")]
    [InlineData("DELETE FROM {0}sessions")]
    public Task A_pruner_can_do_nothing_else(string statement) => AssertDeniedAsync(Pruner, statement);

    /// <summary>A reader sees no input by way of a view either, while the step that was given it runs.</summary>
    [Fact]
    public async Task A_reader_sees_no_input_in_the_reasons()
    {
        await using var store = Open(Worker);
        var id = await Secrets.RunStepAsync(store, Token);

        await using var connection = await MySqlServer.ConnectAsync(As(Reader));
        await using var look = new MySqlCommand($"SELECT * FROM {_prefix}why_not_running", connection);
        await using var reader = await look.ExecuteReaderAsync(Token);
        Assert.True(await reader.ReadAsync(Token));
        var values = new object[reader.FieldCount];
        reader.GetValues(values);
        var seen = string.Join(' ', values);

        Assert.Contains("charge since", seen, StringComparison.Ordinal);
        Assert.DoesNotContain(Secrets.Input, seen, StringComparison.Ordinal);
        await Secrets.AssertWhyIsPartialAsync(
            id, hydra => hydra.UseMySql(As(Reader), options => options with { TablePrefix = _prefix }), Token);
    }

    [Theory]
    [InlineData("CREATE TABLE {0}t (id INT)")]
    [InlineData("ALTER TABLE {0}executions ADD COLUMN t INT")]
    [InlineData("DROP TABLE {0}executions")]
    [InlineData("TRUNCATE {0}executions")]
    [InlineData("UPDATE {0}journal SET output = NULL")]
    [InlineData("DELETE FROM {0}journal")]
    [InlineData("DELETE FROM {0}attempts")]
    [InlineData("UPDATE {0}outcomes SET state = 7")]
    [InlineData("DELETE FROM {0}outcomes")]
    [InlineData("DELETE FROM {0}start_keys")]
    [InlineData("DELETE FROM {0}crashes")]
    [InlineData("INSERT INTO {0}schema_versions VALUES (9, 9, 9)")]
    public Task A_worker_can_neither_change_tables_nor_what_has_been_recorded(string statement) =>
        AssertDeniedAsync(Worker, statement);

    /// <summary>MariaDB asks for the right to update all that is inserted, where a row may be there already.</summary>
    [Theory]
    [InlineData("UPDATE {0}attempts SET output = NULL")]
    [InlineData("UPDATE {0}start_keys SET execution = RANDOM_BYTES(16)")]
    [InlineData("UPDATE {0}subject_keys SET id = 'another'")]
    public async Task On_MySQL_a_worker_can_not_change_tries_and_keys_either(string statement)
    {
        var version = (string)(await MySqlServer.AskAsync("SELECT VERSION()"))!;
        Assert.SkipWhen(version.Contains("MariaDB", StringComparison.OrdinalIgnoreCase), "It is MariaDB.");

        await AssertDeniedAsync(Worker, statement);
    }

    [Fact]
    public async Task A_worker_need_not_migrate_what_is_up_to_date()
    {
        await using var store = Open(Worker);

        await store.MigrateAsync(Token);
        await store.VerifyAsync(Token);
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
        Assert.Equal("noWorker", await AskAsync("SELECT reason FROM {0}why_not_running"));
        Assert.Equal("pending", await AskAsync("SELECT state FROM {0}executions_text"));
        Assert.Equal("input", await AskAsync("SELECT kind FROM {0}steps_text"));
        Assert.Equal(0L, await AskAsync("SELECT seq FROM {0}journal"));
        await LimitedUser.ChangeSchedulesAsync(worker, Token);
        Assert.Equal("left", await AskAsync("SELECT name FROM {0}schedules_text"));
        Assert.NotNull(await AskAsync("SELECT name FROM {0}schedules"));
        await Assert.ThrowsAsync<StoreException>(() => reader.Queries.ReadJournalAsync(start.Id, -1, 10, Token));
    }

    [Theory]
    [InlineData("SELECT input FROM {0}journal")]
    [InlineData("SELECT output FROM {0}steps_text")]
    [InlineData("SELECT failure FROM {0}attempts")]
    [InlineData("SELECT difference FROM {0}refusals")]
    [InlineData("SELECT input FROM {0}schedules")]
    [InlineData("SELECT input FROM {0}schedules_text")]
    [InlineData("DELETE FROM {0}schedules")]
    [InlineData("INSERT INTO {0}crashes (epoch) VALUES (1)")]
    [InlineData("UPDATE {0}executions SET epoch = 1")]
    [InlineData("DELETE FROM {0}sessions")]
    [InlineData("CREATE TABLE {0}t (id INT)")]
    public Task A_reader_can_do_nothing_else(string statement) => AssertDeniedAsync(Reader, statement);

    [Fact]
    public async Task The_script_of_the_tables_makes_what_migrating_makes()
    {
        var prefix = $"t{Guid.NewGuid().ToString("N")[..16]}_";
        await MySqlServer.ExecuteAsync(MySqlScripts.Schema(prefix));
        await using var store = new MySqlWorkflowStore(
            MySqlServer.ConnectionString, new MySqlStoreOptions { TablePrefix = prefix }, "tests");
        try
        {
            await store.VerifyAsync(Token);
            await store.CommitAsync(
                new CommitBatch(SessionId.None, [Make.Start(ExecutionId.Create(1_800_000_000_000, 1, 1))]), Token);
        }
        finally
        {
            await MySqlTables.DropAsync(prefix);
        }
    }

    [Theory]
    [InlineData("_")]
    [InlineData("a_prefix_of_thirty_two_letters__")]
    [InlineData("Hydra")]
    [InlineData("x'; DROP TABLE x; --")]
    public void A_prefix_that_makes_no_name_of_a_user_is_refused(string prefix) =>
        Assert.Throws<ArgumentException>(() => MySqlScripts.Migrator(prefix));

    private static Task UnlockAsync(string user) => MySqlServer.ExecuteAsync($"ALTER USER '{user}'@'%' ACCOUNT UNLOCK");

    private static Task RunAsync(string script) => MySqlServer.ExecuteAsync(script);

    private static string As(string user) =>
        new MySqlConnectionStringBuilder(MySqlServer.ConnectionString) { UserID = user, Pooling = false }
            .ConnectionString;

    private async Task AssertDeniedAsync(string user, string statement)
    {
        var denied = await Assert.ThrowsAsync<MySqlException>(() => MySqlServer.ExecuteAsync(
            statement.Replace("{0}", _prefix, StringComparison.Ordinal), As(user)));
        Assert.True(
            denied.ErrorCode is MySqlErrorCode.TableAccessDenied or MySqlErrorCode.ColumnAccessDenied, denied.Message);
    }

    private Task<object?> AskAsync(string question) =>
        MySqlServer.AskAsync(question.Replace("{0}", _prefix, StringComparison.Ordinal), As(Reader));

    private MySqlWorkflowStore Open(string user) =>
        new(As(user), new MySqlStoreOptions { TablePrefix = _prefix }, "tests");
}
