using Hydra.Sqlite;

namespace Hydra;

/// <summary>Keeps executions in SQLite.</summary>
public static class HydraBuilderExtensions
{
    /// <summary>Keeps executions in one SQLite file, which several processes of the same machine may share.</summary>
    /// <param name="builder">The engine to be.</param>
    /// <param name="path">The file; it is created when it is missing, its folder is not.</param>
    /// <exception cref="ArgumentException">The path is empty, or a connection string or URL.</exception>
    public static HydraBuilder UseSqlite(this HydraBuilder builder, string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return builder.UseSqlite(new SqliteStoreOptions { Path = path });
    }

    /// <summary>Keeps executions in one SQLite file.</summary>
    /// <param name="builder">The engine to be.</param>
    /// <param name="options">The file, and how it is treated.</param>
    /// <exception cref="ArgumentException">An option is missing or out of range.</exception>
    public static HydraBuilder UseSqlite(this HydraBuilder builder, SqliteStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return builder.UseStore(setup => new SqliteWorkflowStore(options, setup.Namespace, setup.TimeProvider));
    }
}
