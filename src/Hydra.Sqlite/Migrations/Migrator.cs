using System.Globalization;
using System.Reflection;
using Hydra.Sqlite.Connections;
using Hydra.Sqlite.Writing;
using Microsoft.Data.Sqlite;

namespace Hydra.Sqlite.Migrations;

/// <summary>
/// Brings the schema to this version, forward only, with the numbered files embedded beside this class.
/// </summary>
/// <remarks>
/// All steps run in one transaction under the write lock and begin by reading the version, so that whoever of many
/// processes comes first migrates and the others find nothing to do. A newer schema says itself which libraries may
/// still work on it, so that two versions can share a database while one replaces the other.
/// </remarks>
internal sealed class Migrator(ConnectionFactory factory, StoreClock clock)
{
    /// <summary>The version of the schema that this library brings and works on.</summary>
    public const int CurrentVersion = 1;

    // The oldest library that may work on the current version, by the schema version it brings.
    private const int MinLibrary = 1;

    public void Migrate()
    {
        using var connection = factory.OpenWriter(create: true);
        try
        {
            Migrate(connection);
        }
        catch (SqliteException exception)
        {
            throw factory.Errors.Translate(exception, Effect.Undone);
        }
    }

    /// <summary>Checks that the schema is there and of a version that this library can work on.</summary>
    public void Verify()
    {
        using var connection = factory.OpenReader();
        try
        {
            var version = ReadVersion(connection);
            if (version < CurrentVersion)
            {
                throw new StoreException(
                    StoreErrorKind.Unavailable,
                    version == 0
                        ? $"There is no Hydra schema in '{factory.FullPath}'. Migrate the database first."
                        : $"The schema in '{factory.FullPath}' is of version {version}, and this library needs version "
                            + $"{CurrentVersion}. Migrate the database first.");
            }

            CheckWriteAheadLog(connection);
        }
        catch (SqliteException exception)
        {
            throw factory.Errors.Translate(exception, Effect.None);
        }
    }

    private void Migrate(Connection connection)
    {
        if (!connection.TryBegin())
        {
            throw factory.Errors.Busy(Effect.None);
        }

        for (var version = ReadVersion(connection) + 1; version <= CurrentVersion; version++)
        {
            connection.Execute(ReadScript(version));
            connection.Execute(SqliteSql.CreateVersions);
            connection.Prepare(SqliteSql.AddVersion)
                .Bind(1, version).Bind(2, MinLibrary).Bind(3, clock.Now().Micros).Run();
        }

        connection.Commit();
    }

    /// <returns>The version of the schema, 0 when there is none.</returns>
    /// <exception cref="StoreException">It is newer than this library can work on.</exception>
    private int ReadVersion(Connection connection)
    {
        if (connection.Query(SqliteSql.VersionsExist) == "0")
        {
            EnsureNamesAreFree(connection);
            return 0;
        }

        if (connection.Query(SqliteSql.VersionColumns) != "3")
        {
            throw Foreign("hydra_schema");
        }

        var read = connection.Prepare(SqliteSql.ReadVersion);
        var (version, minLibrary) = read.Step() ? (read.Int(0), read.Int(1)) : (0, 0);
        read.Reset();
        return minLibrary <= CurrentVersion
            ? version
            : throw new StoreException(
                StoreErrorKind.Unavailable,
                $"The schema in '{factory.FullPath}' is of version {version}, which needs a library of schema version "
                + $"{minLibrary} or later; this one is of version {CurrentVersion}. Update Hydra.Sqlite here.");
    }

    private void EnsureNamesAreFree(Connection connection)
    {
        if (connection.Query(SqliteSql.OurNames) is { Length: > 0 } names)
        {
            throw Foreign(names);
        }
    }

    private StoreException Foreign(string names) => new(
        StoreErrorKind.Unavailable,
        $"'{factory.FullPath}' has tables or views of another program under names that Hydra needs for its own: "
        + $"{names}. Nothing was changed. Name another file, or rename them.");

    private void CheckWriteAheadLog(Connection connection)
    {
        var mode = connection.Query("PRAGMA journal_mode");
        if (mode != "wal")
        {
            throw new StoreException(
                StoreErrorKind.Unavailable,
                $"'{factory.FullPath}' is in journal mode '{mode}' instead of 'wal'. Migrating sets it.");
        }
    }

    private static string ReadScript(int version)
    {
        var prefix = version.ToString("0000", CultureInfo.InvariantCulture) + "_";
        var assembly = Assembly.GetExecutingAssembly();
        var name = assembly.GetManifestResourceNames().Single(
            name => name.StartsWith(prefix, StringComparison.Ordinal));
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
