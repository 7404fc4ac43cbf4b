using Hydra.MySql;
using Hydra.MySql.Connections;
using Hydra.MySql.Migrations;
using Hydra.MySql.Sql;
using Hydra.Relational;
using Hydra.Relational.Migrations;
using Hydra.Storage;
using MySqlConnector;

namespace Hydra.Stores.Tests;

/// <summary>How tables come to be and get from one version to the next, where every statement commits.</summary>
public sealed class MySqlSchemaTests : IAsyncLifetime
{
    private static readonly int Next = MySqlMigrationTarget.Brings.Version + 1;

    private readonly string _prefix = $"t{Guid.NewGuid().ToString("N")[..16]}_";
    private readonly List<IAsyncDisposable> _opened = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var opened in _opened)
        {
            await opened.DisposeAsync();
        }

        await MySqlTables.DropAsync(_prefix);
    }

    [Fact]
    public async Task A_migration_that_was_cut_off_anywhere_goes_on()
    {
        var statements = Enumerable.Range(1, Next - 1)
            .SelectMany(version => MySqlMigrationTarget.Statements(
                MySqlMigrationTarget.Runner.ReadScript(version), _prefix))
            .ToArray();
        for (var done = 0; done < statements.Length; done++)
        {
            await RunAsync((target, cancellationToken) => ((MySqlMigrationTarget)target).BeginAsync(cancellationToken));
            foreach (var statement in statements[..done])
            {
                await MySqlServer.ExecuteAsync(statement);
            }

            var unfinished = await Assert.ThrowsAsync<StoreException>(() => Open().VerifyAsync(Token));
            await Open().MigrateAsync(Token);

            Assert.Contains("Migrate the database first", unfinished.Message, StringComparison.Ordinal);
            await Open().VerifyAsync(Token);
            await CommitAsync(Open());
            await MySqlTables.DropAsync(_prefix);
        }
    }

    [Fact]
    public async Task Tables_of_another_program_under_our_names_are_named_and_left_alone()
    {
        await MySqlServer.ExecuteAsync(
            $"CREATE TABLE {_prefix}journal (id INT); CREATE VIEW {_prefix}steps_text AS SELECT 1");

        var migrating = await Assert.ThrowsAsync<StoreException>(() => Open().MigrateAsync(Token));
        var verifying = await Assert.ThrowsAsync<StoreException>(() => Open().VerifyAsync(Token));

        Assert.Equal(StoreErrorKind.Unavailable, migrating.Kind);
        Assert.Contains($"needs for its own: {_prefix}journal, {_prefix}steps_text.", migrating.Message);
        Assert.Equal(migrating.Message, verifying.Message);
        Assert.Equal(2L, await CountTablesAsync());
    }

    [Fact]
    public async Task Every_table_and_view_is_among_the_names_that_are_looked_for()
    {
        await Open().MigrateAsync(Token);
        var names = (string)(await MySqlServer.AskAsync(
            "SELECT GROUP_CONCAT(table_name SEPARATOR ' ') FROM information_schema.tables "
            + $"WHERE table_schema = DATABASE() AND LEFT(table_name, {_prefix.Length}) = '{_prefix}'"))!;

        Assert.All(
            names.Split(' '),
            name => Assert.Contains($"'{name}'", new MySqlSql(_prefix).OurNames, StringComparison.Ordinal));
    }

    /// <summary>A look at what another is making is no snapshot, so it may miss the table made first.</summary>
    [Fact]
    public async Task What_another_is_just_making_is_not_taken_for_another_program_s()
    {
        await using var other = await MySqlServer.ConnectAsync();
        var name = MySqlMigrationTarget.LockName(other.Database, _prefix);
        await ExecuteAsync(other, $"SELECT GET_LOCK('{name}', 0)");
        await ExecuteAsync(other, $"CREATE TABLE {_prefix}journal (id INT)");
        var waiting = new[] { Open().MigrateAsync(Token), Open().MigrateAsync(Token) };
        var count = "SELECT COUNT(*) FROM information_schema.processlist "
            + $"WHERE state = 'User lock' AND info LIKE '%{name}%'";
        while (!2L.Equals(await MySqlServer.AskAsync(count)) && !waiting.Any(task => task.IsCompleted))
        {
        }

        await ExecuteAsync(other, $"DROP TABLE {_prefix}journal");
        await ExecuteAsync(other, $"SELECT RELEASE_LOCK('{name}')");
        await Task.WhenAll(waiting);

        await CommitAsync(Open());
    }

    [Fact]
    public async Task A_table_of_versions_that_is_not_ours_is_left_alone()
    {
        await MySqlServer.ExecuteAsync($"CREATE TABLE {_prefix}schema_versions (name TEXT)");

        var error = await Assert.ThrowsAsync<StoreException>(() => Open().MigrateAsync(Token));

        Assert.Contains($"needs for its own: {_prefix}schema_versions.", error.Message, StringComparison.Ordinal);
        Assert.Equal(1L, await CountTablesAsync());
    }

    /// <summary>A rolling upgrade: the next version migrates while this one works, and both go on.</summary>
    /// <remarks>
    /// A commit that has read the journal and is about to write it stands in the way of who alters that table, and is
    /// behind him: the server gives it up, which tells the engine to commit the same again.
    /// </remarks>
    [Fact]
    public async Task The_next_version_migrates_under_a_store_that_works()
    {
        var store = Open();
        await store.MigrateAsync(Token);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var working = Enumerable.Range(1, 4)
            .Select(number => new RollingWork(store, number, IsGivenUp).RunAsync(over.Token)).ToList();
        var next = new MigrationRunner(
            typeof(MySqlSchemaTests).Assembly, new SchemaVersion(Next, MinLibrary: 1), "Hydra.MySql", "mysql_");

        await Threads.RunAsync(Enumerable.Range(0, 20).Select(_ => (Func<Task>)(() => RunAsync(next.MigrateAsync))));
        await over.CancelAsync();
        var work = await Task.WhenAll(working);

        await RunAsync(next.VerifyAsync);
        await Open().VerifyAsync(Token);
        await Open().MigrateAsync(Token);
        await CommitAsync(store);
        Assert.All(work, static one => Assert.True(one.Started > 0));
        Assert.Equal(work.Sum(static one => one.Started), work.Sum(static one => one.Ended));
        Assert.Single(await store.Queries.ListAsync(new ExecutionFilter { State = ExecutionState.Pending }, Token));
        Assert.Empty(await store.Queries.ListAsync(new ExecutionFilter { State = ExecutionState.Running }, Token));
        Assert.Equal(Next, await MySqlServer.AskAsync($"SELECT MAX(version) FROM {_prefix}schema_versions"));

        static bool IsGivenUp(StoreException exception) => exception is
        {
            Kind: StoreErrorKind.RolledBack,
            InnerException: MySqlException { ErrorCode: MySqlErrorCode.LockDeadlock },
        };
    }

    [Fact]
    public async Task What_a_library_of_the_first_version_has_made_gets_schedules_and_that_library_goes_on()
    {
        var first = new MigrationRunner(
            typeof(MySqlMigrationTarget).Assembly, new SchemaVersion(Version: 1, MinLibrary: 1), "Hydra");
        await RunAsync(first.MigrateAsync);
        var store = Open();
        await Assert.ThrowsAsync<StoreException>(() => store.VerifyAsync(Token));
        await CommitAsync(store);

        await store.MigrateAsync(Token);

        await LimitedUser.ChangeSchedulesAsync(store, Token);
        await RunAsync(first.VerifyAsync);
        await RunAsync(first.MigrateAsync);
        Assert.Single(await store.Queries.ListAsync(new ExecutionFilter(), Token));
    }

    [Fact]
    public async Task A_schema_of_a_later_library_says_whether_this_one_may_work()
    {
        await Open().MigrateAsync(Token);
        await MySqlServer.ExecuteAsync($"INSERT INTO {_prefix}schema_versions VALUES (98, 1, 0)");
        await Open().VerifyAsync(Token);
        await Open().MigrateAsync(Token);
        await MySqlServer.ExecuteAsync($"INSERT INTO {_prefix}schema_versions VALUES (99, 99, 0)");

        var error = await Assert.ThrowsAsync<StoreException>(() => Open().VerifyAsync(Token));

        Assert.Equal(StoreErrorKind.Unavailable, error.Kind);
        Assert.Contains("Update Hydra.MySql", error.Message, StringComparison.Ordinal);
    }

    private static async Task CommitAsync(MySqlWorkflowStore store)
    {
        var id = ExecutionId.Create(1_800_000_000_000, (ulong)Random.Shared.NextInt64(), (byte)Random.Shared.Next(256));
        var answer = await store.CommitAsync(new CommitBatch(SessionId.None, [Make.Start(id)]), Token);
        Assert.Equal(AnswerKind.Started, answer.Answers[0].Kind);
    }

    private static async Task ExecuteAsync(MySqlConnection connection, string statement)
    {
        await using var command = new MySqlCommand(statement, connection);
        await command.ExecuteScalarAsync(Token);
    }

    private Task<object?> CountTablesAsync() => MySqlServer.AskAsync(
        $"SELECT COUNT(*) FROM information_schema.tables WHERE table_name LIKE '{_prefix}%'");

    private async Task RunAsync(Func<IMigrationTarget, CancellationToken, Task> work)
    {
        await using var database = new Database(
            MySqlServer.ConnectionString,
            new MySqlStoreOptions { TablePrefix = _prefix },
            "tests",
            new DatabaseClock(TimeProvider.System, isDatabase: true));
        await MySqlMigrationTarget.RunAsync(database, target => work(target, Token), Token);
    }

    private MySqlWorkflowStore Open()
    {
        var store = new MySqlWorkflowStore(
            MySqlServer.ConnectionString, new MySqlStoreOptions { TablePrefix = _prefix }, "tests");
        _opened.Add(store);
        return store;
    }
}
