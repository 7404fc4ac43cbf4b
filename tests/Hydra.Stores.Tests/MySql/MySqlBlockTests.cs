using System.Collections.Concurrent;
using Hydra.MySql;
using Hydra.MySql.Connections;
using Hydra.Relational;
using Hydra.Storage;
using Hydra.Tests.Servers;
using MySqlConnector;

namespace Hydra.Stores.Tests;

/// <summary>What MariaDB makes of statements that are sent as one, when one of them fails or waits.</summary>
/// <remarks>A commit is kept waiting by what keeps all commits of a server waiting: it is one of their own.</remarks>
public sealed class MySqlBlockTests(PrivateMariaDb server) : IClassFixture<PrivateMariaDb>, IAsyncLifetime
{
    private const string Sleeping = "state = 'User sleep'";
    private const string Committing = "state = 'Waiting for backup lock'";
    private const string Locked =
        "id IN (SELECT trx_mysql_thread_id FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT')";

    private readonly string _prefix = $"t{Guid.NewGuid().ToString("N")[..16]}_";
    private readonly List<Database> _databases = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Table => $"{_prefix}rows";

    public async ValueTask InitializeAsync() => await ExecuteAsync(
        $"CREATE TABLE {Table} (a INT PRIMARY KEY); INSERT INTO {Table} VALUES (10), (11)");

    public async ValueTask DisposeAsync()
    {
        foreach (var database in _databases)
        {
            await database.DisposeAsync();
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_commit_is_one_statement_of_which_a_look_for_locks_is_no_part(bool joins)
    {
        await using var proxy = new MySqlProxy(server.ConnectionString);
        proxy.Start();
        var commits = new ConcurrentQueue<string>();
        proxy.OnExecute = text =>
        {
            if (proxy.Commits(text))
            {
                commits.Enqueue(text);
            }

            return Fate.Pass;
        };
        await using var store = new MySqlWorkflowStore(
            proxy.ConnectionString, new MySqlStoreOptions { TablePrefix = _prefix, JoinStatements = joins }, "tests");
        await store.MigrateAsync(Token);
        commits.Clear();

        var start = Make.Start(ExecutionId.Create(1_800_000_000_000, 1, 1));
        await store.CommitAsync(
            () => new CommitBatch(SessionId.None, [start]) { LockWait = TimeSpan.FromMilliseconds(20) }, Token);

        Assert.Collection(
            commits,
            look =>
            {
                Assert.Contains("NOWAIT", look, StringComparison.Ordinal);
                Assert.DoesNotContain("NOT ATOMIC", look, StringComparison.Ordinal);
            },
            commit =>
            {
                Assert.Equal(joins, commit.StartsWith("BEGIN NOT ATOMIC SET TRANSACTION", StringComparison.Ordinal));
                Assert.Equal(joins, commit.TrimEnd(';').EndsWith(";COMMIT;END", StringComparison.Ordinal));
            });
    }

    [Theory]
    [InlineData(1690, "SELECT 18446744073709551615 + (1 <> 2)")]
    [InlineData(1062, "INSERT INTO {0} VALUES (10)")]
    [InlineData(1146, "INSERT INTO {0}_missing VALUES (1)")]
    public async Task Nothing_is_left_where_a_statement_fails_and_the_connection_is_as_before(
        int number, string statement)
    {
        var database = Open();
        var connection = await IdentifyAsync(database);

        var refused = await FailAsync(database, statement.Replace("{0}", Table, StringComparison.Ordinal));

        Assert.Equal(number, refused);
        await IsAsBeforeAsync(database, connection);
    }

    [Fact]
    public async Task Nothing_is_left_where_a_lock_is_waited_for_too_long()
    {
        var database = Open();
        var connection = await IdentifyAsync(database);
        await using var stranger = await MySqlServer.ConnectAsync(server.ConnectionString);
        await using var transaction = await stranger.BeginTransactionAsync(Token);
        await ExecuteAsync(transaction, Lock(10));

        var refused = await FailAsync(database, Lock(10));
        await transaction.RollbackAsync(Token);

        Assert.Equal(1205, refused);
        await IsAsBeforeAsync(database, connection);
    }

    /// <summary>The server undoes all by itself then: were anything run behind it, it would stay.</summary>
    [Fact]
    public async Task Nothing_is_left_where_a_deadlock_ends_the_transaction()
    {
        var database = Open(static options => options with { LockTimeout = TimeSpan.FromSeconds(10) });
        var connection = await IdentifyAsync(database);
        await using var stranger = await MySqlServer.ConnectAsync(server.ConnectionString);
        await using var transaction = await stranger.BeginTransactionAsync(Token);
        await ExecuteAsync(transaction, Lock(11));
        await ExecuteAsync(transaction, $"INSERT INTO {Table} SELECT seq FROM seq_100_to_200"); // Worth keeping.

        var failing = FailAsync(database, $"{Lock(10)};{Lock(11)}");
        await FindAsync(Locked);
        await ExecuteAsync(transaction, Lock(10));
        await transaction.RollbackAsync(Token);

        Assert.Equal(1213, await failing);
        await IsAsBeforeAsync(database, connection);
    }

    [Fact]
    public async Task What_is_killed_may_have_been_committed_and_was_not()
    {
        var database = Open();
        var connection = await IdentifyAsync(database);

        var failing = TryAsync(database, "SELECT SLEEP(600)");
        await KillAsync(Sleeping);

        Assert.Equal(StoreErrorKind.InDoubt, (await failing)?.Kind);
        await IsAsBeforeAsync(database, connection);
    }

    [Fact]
    public async Task A_commit_that_is_killed_while_it_waits_is_in_doubt()
    {
        var database = Open();
        var connection = await IdentifyAsync(database);
        await using var stranger = await MySqlServer.ConnectAsync(server.ConnectionString);
        await using var backup = new MySqlCommand("BACKUP STAGE START; BACKUP STAGE BLOCK_COMMIT", stranger);
        await backup.ExecuteNonQueryAsync(Token);

        var failing = TryAsync(database, "SELECT 1");
        await KillAsync(Committing);
        var failed = await failing;
        backup.CommandText = "BACKUP STAGE END";
        await backup.ExecuteNonQueryAsync(Token);

        Assert.Equal(StoreErrorKind.InDoubt, failed?.Kind);
        await IsAsBeforeAsync(database, connection);
    }

    /// <summary>Each by itself keeps to the limit.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_limit_of_time_is_one_for_all_that_is_joined(bool joins)
    {
        var database = Open(
            options => options with { CommandTimeout = TimeSpan.FromSeconds(3), JoinStatements = joins });

        var failed = await TryAsync(database, "SELECT SLEEP(1.8);SELECT SLEEP(1.8)");

        Assert.Equal(joins ? (StoreErrorKind.InDoubt, 1969) : ((StoreErrorKind, int)?)null, Describe(failed));
        Assert.Equal(joins ? 0L : 2L, await CountAsync());
    }

    [Fact]
    public async Task The_time_is_told_anew_behind_a_lock_that_was_waited_for()
    {
        var database = Open(static options => options with { LockTimeout = TimeSpan.FromSeconds(10) });
        await using var stranger = await MySqlServer.ConnectAsync(server.ConnectionString);
        await using var transaction = await stranger.BeginTransactionAsync(Token);
        await ExecuteAsync(transaction, Lock(10));

        var telling = database.RunAsync(
            async exchange =>
            {
                exchange.Begin();
                exchange.Add(Lock(10));
                exchange.AddNow();
                exchange.Commit();
                await exchange.SendAsync(Token);
                await exchange.ReadAsync(static _ => true, Token);
                var now = await exchange.ReadNowAsync();
                await exchange.EndAsync(Token);
                return now;
            },
            Token);
        await FindAsync(Locked);
        var waited = (long)(await AskAsync("SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))"))!;
        await transaction.RollbackAsync(Token);

        Assert.InRange((await telling).Micros, waited, long.MaxValue);
    }

    /// <summary>The rest of an answer holds an error that nobody has read when something else goes wrong.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Where_the_rest_of_an_answer_is_an_error_the_locks_are_given_back(bool joins)
    {
        var database = Open(options => options with { JoinStatements = joins });

        var failed = database.RunAsync<int>(
            async exchange =>
            {
                exchange.Begin();
                exchange.Add(Lock(10));
                exchange.Add("SELECT 1");
                exchange.Add("SELECT 18446744073709551615 + (1 <> 2)");
                await exchange.SendAsync(Token);
                await exchange.ReadAsync(static _ => true, Token);
                throw new NotSupportedException("The work fails.");
            },
            Token);

        await Assert.ThrowsAsync<NotSupportedException>(() => failed);
        await NothingIsLockedAsync();
    }

    private string Lock(int row) => $"SELECT a FROM {Table} WHERE a = {row} FOR UPDATE";

    private static (StoreErrorKind Kind, int Number)? Describe(StoreException? exception) =>
        exception is null ? null : (exception.Kind, ((MySqlException)exception.InnerException!).Number);

    /// <summary>A database whose engine has one connection.</summary>
    private Database Open(Func<MySqlStoreOptions, MySqlStoreOptions>? change = null)
    {
        var options = new MySqlStoreOptions { TablePrefix = _prefix, LockTimeout = TimeSpan.FromSeconds(1) };
        _databases.Add(new Database(
            $"{server.ConnectionString};Maximum Pool Size=1",
            change?.Invoke(options) ?? options,
            "tests",
            new DatabaseClock(TimeProvider.System, isDatabase: true)));
        return _databases[^1];
    }

    private async Task<int> FailAsync(Database database, string statement) =>
        Describe(await TryAsync(database, statement))!.Value.Number;

    /// <summary>Commits two rows, with other statements between them.</summary>
    /// <returns>How that failed, if it did.</returns>
    private async Task<StoreException?> TryAsync(Database database, string statements)
    {
        try
        {
            await database.RunAsync(
                async exchange =>
                {
                    exchange.Begin();
                    exchange.Add($"INSERT INTO {Table} VALUES (1)");
                    foreach (var statement in statements.Split(';'))
                    {
                        exchange.Add(statement);
                    }

                    exchange.Add($"INSERT INTO {Table} VALUES (2)");
                    exchange.Commit();
                    await exchange.SendAsync(Token);
                    await exchange.EndAsync(Token);
                    return true;
                },
                Token);
            return null;
        }
        catch (StoreException exception)
        {
            return exception;
        }
    }

    private async Task IsAsBeforeAsync(Database database, long connection)
    {
        Assert.Equal(0L, await CountAsync());
        await NothingIsLockedAsync();
        Assert.Equal(connection, await IdentifyAsync(database));
        Assert.Null(await TryAsync(database, "SELECT 1"));
        Assert.Equal(2L, await CountAsync());
    }

    private Task NothingIsLockedAsync() => ExecuteAsync($"SELECT a FROM {Table} FOR UPDATE NOWAIT"); // Or this fails.

    private async Task<long> CountAsync() => (long)(await AskAsync($"SELECT COUNT(*) FROM {Table} WHERE a < 10"))!;

    private static Task<long> IdentifyAsync(Database database) => database.RunAsync(
        async exchange =>
        {
            exchange.Add("SELECT CONNECTION_ID()");
            await exchange.SendAsync(Token);
            var id = await exchange.ReadOneAsync(static row => row.GetInt64(0), Token);
            await exchange.EndAsync(Token);
            return id;
        },
        Token);

    private async Task KillAsync(string which) => await ExecuteAsync($"KILL QUERY {await FindAsync(which)}");

    /// <summary>Waits until a connection does something.</summary>
    private async Task<object> FindAsync(string which)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(200)); // More often MariaDB would not look anew.
        while (true)
        {
            if (await AskAsync($"SELECT id FROM information_schema.processlist WHERE {which}") is { } id)
            {
                return id;
            }

            await pace.WaitForNextTickAsync(Token);
        }
    }

    private Task<object?> AskAsync(string question) => MySqlServer.AskAsync(question, server.ConnectionString);

    private Task ExecuteAsync(string statement) => MySqlServer.ExecuteAsync(statement, server.ConnectionString);

    private static async Task ExecuteAsync(MySqlTransaction transaction, string statement)
    {
        await using var command = new MySqlCommand(statement, transaction.Connection, transaction);
        await command.ExecuteScalarAsync(Token);
    }
}
