using System.Globalization;
using System.Reflection;

namespace Hydra.Relational.Migrations;

/// <summary>Brings a schema to the version of a library, forward only, with its numbered embedded scripts.</summary>
/// <remarks>
/// All steps run in one transaction that begins by keeping everybody else out and reading the version again, so that
/// whoever of many processes comes first migrates and the others find nothing to do. A process whose schema is of this
/// version changes nothing and needs no right to. A newer schema says itself which libraries may still work on it, so
/// that two versions can share a database while one replaces the other.
/// </remarks>
/// <param name="assembly">Has the scripts as resources, named like 0001_initial.sql.</param>
/// <param name="library">The version that the library brings and works on.</param>
/// <param name="package">Its name, for messages.</param>
/// <param name="folder">What the names of the resources begin with before the number.</param>
internal sealed class MigrationRunner(Assembly assembly, SchemaVersion library, string package, string folder = "")
{
    private const string Remedy =
        "Migrate the database first, with 'hydra migrate' or by opening an engine with MigrateOnOpen.";

    public async Task MigrateAsync(IMigrationTarget target, CancellationToken cancellationToken)
    {
        if (await ReadVersionAsync(target, cancellationToken) >= library.Version)
        {
            return;
        }

        await target.BeginAsync(cancellationToken);
        var first = await ReadVersionAsync(target, cancellationToken) + 1;
        for (var version = first; version <= library.Version; version++)
        {
            var brought = new SchemaVersion(version, library.MinLibrary);
            await target.ApplyAsync(ReadScript(version), brought, cancellationToken);
        }

        await target.CommitAsync(cancellationToken);
    }

    /// <summary>Checks that the schema is there and of a version that this library can work on.</summary>
    public async Task VerifyAsync(IMigrationTarget target, CancellationToken cancellationToken)
    {
        var version = await ReadVersionAsync(target, cancellationToken);
        if (version < library.Version)
        {
            throw new StoreException(
                StoreErrorKind.Unavailable,
                version == 0
                    ? $"There are no tables of Hydra in {target.Place}. {Remedy}"
                    : $"The tables in {target.Place} are of version {version}, and this library needs version "
                        + $"{library.Version}. {Remedy}");
        }
    }

    private async Task<int> ReadVersionAsync(IMigrationTarget target, CancellationToken cancellationToken)
    {
        var found = await target.ReadVersionAsync(cancellationToken);
        return found.MinLibrary <= library.Version
            ? found.Version
            : throw new StoreException(
                StoreErrorKind.Unavailable,
                $"The tables in {target.Place} are of version {found.Version}, which needs a library of schema version "
                + $"{found.MinLibrary} or later; this one is of version {library.Version}. Update {package} here.");
    }

    /// <summary>The embedded script that brings a version, with its placeholders.</summary>
    public string ReadScript(int version)
    {
        var prefix = folder + version.ToString("0000", CultureInfo.InvariantCulture) + "_";
        var name = assembly.GetManifestResourceNames().Single(
            name => name.StartsWith(prefix, StringComparison.Ordinal));
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
