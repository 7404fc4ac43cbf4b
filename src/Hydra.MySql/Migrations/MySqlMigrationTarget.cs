using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Hydra.MySql.Connections;
using Hydra.MySql.Sql;
using Hydra.Relational;
using Hydra.Relational.Errors;
using Hydra.Relational.Migrations;
using MySqlConnector;

namespace Hydra.MySql.Migrations;

/// <summary>One connection that migrates. Others are kept out by a lock that ends with the connection.</summary>
/// <remarks>
/// Every statement of a script is a transaction of its own, and the version is noted behind the last. So one that was
/// cut off is run again as a whole, and a statement that says that its work is done already has done it before.
/// </remarks>
internal sealed class MySqlMigrationTarget(Database database, MySqlConnection connection) : IMigrationTarget
{
    private const int Seconds = 60; // Nineteen others may migrate first.
    private const int LongestStep = 24 * 60 * 60; // Seconds; a dead connection is noticed by its keepalive.

    private bool _isLocked;

    /// <summary>The version of the schema that this library brings and works on.</summary>
    public static SchemaVersion Brings { get; } = new(Version: 7, MinLibrary: 1);

    public static MigrationRunner Runner { get; } = new(
        typeof(MySqlMigrationTarget).Assembly, Brings, "Hydra.MySql");

    public string Place => database.DescribePlace(connection);

    /// <summary>Opens a connection, does a piece of work, and says of any failure what is known.</summary>
    /// <remarks>
    /// Whoever gives up leaves at once. The statement under way goes on to its end, and no other is begun.
    /// </remarks>
    public static Task RunAsync(
        Database database, Func<MySqlMigrationTarget, Task> work, CancellationToken cancellationToken) =>
        RunAsync(database, work).WhileWantedAsync(cancellationToken);

    private static async Task<bool> RunAsync(Database database, Func<MySqlMigrationTarget, Task> work)
    {
        var effect = Effect.None;
        try
        {
            var connection = await database.OpenMigratingAsync();
            await using var target = new MySqlMigrationTarget(database, connection);
            effect = Effect.Undone;
            await work(target);
            return true;
        }
        catch (Exception exception) when (database.Errors.Knows(exception))
        {
            throw database.Errors.Translate(exception, effect);
        }
    }

    public async Task<SchemaVersion> ReadVersionAsync(CancellationToken cancellationToken)
    {
        var (hasVersions, foreign) = await LookAsync(cancellationToken);
        if (foreign.Length > 0 && !_isLocked)
        {
            // A look is no snapshot: of what another is making it may see a table, and miss the one made before.
            await LockAsync(cancellationToken);
            (hasVersions, foreign) = await LookAsync(cancellationToken);
            await UnlockAsync(cancellationToken);
        }

        return foreign.Length > 0 ? throw ForeignTables.Found(Place, foreign)
            : hasVersions ? await ReadRowAsync(cancellationToken)
            : default;
    }

    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        await LockAsync(cancellationToken);
        await RunAsync(database.Sql.CreateVersions, cancellationToken);
    }

    public async Task ApplyAsync(string script, SchemaVersion version, CancellationToken cancellationToken)
    {
        foreach (var statement in Statements(script, database.TablePrefix))
        {
            try
            {
                await RunAsync(statement, cancellationToken, LongestStep);
            }
            catch (MySqlException exception) when (IsDone(exception.Number))
            {
                // By a run that was cut off.
            }
        }

        await using var add = Command(database.Sql.AddVersion, cancellationToken);
        add.Parameters.AddWithValue("@version", version.Version);
        add.Parameters.AddWithValue("@minLibrary", version.MinLibrary);
        await add.ExecuteNonQueryAsync(CancellationToken.None);
    }

    public Task CommitAsync(CancellationToken cancellationToken) => UnlockAsync(cancellationToken);

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private async Task LockAsync(CancellationToken cancellationToken)
    {
        await using var wait = Command(MySqlSql.LockMigration, cancellationToken, Seconds + 5);
        wait.Parameters.AddWithValue("@name", LockName(connection.Database, database.TablePrefix));
        wait.Parameters.AddWithValue("@seconds", Seconds);
        var had = await wait.ExecuteScalarAsync(CancellationToken.None);
        if (had is null or DBNull || Convert.ToInt64(had, CultureInfo.InvariantCulture) != 1)
        {
            throw new StoreException(
                StoreErrorKind.RolledBack,
                $"Another process has been migrating {Place} for {Seconds} seconds. Nothing was written; try again.");
        }

        _isLocked = true;
    }

    private async Task UnlockAsync(CancellationToken cancellationToken)
    {
        await using var unlock = Command(MySqlSql.UnlockMigration, cancellationToken);
        unlock.Parameters.AddWithValue("@name", LockName(connection.Database, database.TablePrefix));
        await unlock.ExecuteScalarAsync(CancellationToken.None);
        _isLocked = false;
    }

    /// <returns>
    /// Whether there is a table of versions, and what has our names without being ours, with commas between. Beside a
    /// table of versions it is ours, if only of a migration that was cut off or is under way.
    /// </returns>
    private async Task<(bool HasVersions, string Foreign)> LookAsync(CancellationToken cancellationToken)
    {
        await using var look = Command(database.Sql.OurNames, cancellationToken);
        await using var reader = await look.ExecuteReaderAsync(CancellationToken.None);
        await reader.ReadAsync(CancellationToken.None);
        return reader.GetBoolean(0)
            ? (true, reader.GetInt64(1) == 3 ? "" : $"{database.TablePrefix}schema_versions")
            : (false, reader.GetString(2));
    }

    private async Task<SchemaVersion> ReadRowAsync(CancellationToken cancellationToken)
    {
        await using var read = Command(database.Sql.ReadVersion, cancellationToken);
        await using var reader = await read.ExecuteReaderAsync(CancellationToken.None);
        return await reader.ReadAsync(CancellationToken.None)
            ? new SchemaVersion(reader.GetInt32(0), reader.GetInt32(1))
            : default;
    }

    /// <summary>The statements of a script, each of which ends with a semicolon at the end of a line.</summary>
    internal static string[] Statements(string script, string tablePrefix) => script
        .Replace("{prefix}", tablePrefix, StringComparison.Ordinal)
        .ReplaceLineEndings("\n")
        .Split(";\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>
    /// Whether an error says that a table, column or index is there already, or that one to drop is gone.
    /// </summary>
    private static bool IsDone(int number) => number is 1050 or 1060 or 1061 or 1091;

    /// <summary>
    /// The same in every process, and different for every database and prefix: names reach over the whole server.
    /// </summary>
    internal static string LockName(string database, string tablePrefix) => "hydra_migrates_"
        + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{database}\0{tablePrefix}")))[..32];

    /// <summary>Makes a command, if its result is still wanted. The driver is not told when it no longer is.</summary>
    private MySqlCommand Command(string statement, CancellationToken cancellationToken, int? seconds = null)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new MySqlCommand(statement, connection) { CommandTimeout = seconds ?? database.ClientTimeout };
    }

    private async Task RunAsync(string statement, CancellationToken cancellationToken, int? seconds = null)
    {
        await using var command = Command(statement, cancellationToken, seconds);
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }
}
