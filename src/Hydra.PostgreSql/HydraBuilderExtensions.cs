using Hydra.PostgreSql;
using Npgsql;

namespace Hydra;

/// <summary>Keeps executions in PostgreSQL.</summary>
public static class HydraBuilderExtensions
{
    /// <summary>Keeps executions in a PostgreSQL database, which many machines may share.</summary>
    /// <param name="builder">The engine to be.</param>
    /// <param name="connectionString">
    /// An Npgsql connection string, such as "Host=db;Database=orders;Username=hydra;Password=...".
    /// </param>
    /// <param name="configure">Changes the options: <c>options => options with { Schema = "workflows" }</c>.</param>
    /// <exception cref="ArgumentException">
    /// The connection string cannot be read, or an option breaks a rule.
    /// </exception>
    public static HydraBuilder UsePostgreSql(
        this HydraBuilder builder,
        string connectionString,
        Func<PostgreSqlStoreOptions, PostgreSqlStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
        var options = Configure(configure);
        return builder.UseStore(setup => new PostgreSqlWorkflowStore(connectionString, options, setup.Namespace));
    }

    /// <summary>Keeps executions in PostgreSQL, over a data source of the program's own.</summary>
    /// <param name="builder">The engine to be.</param>
    /// <param name="dataSource">Where connections come from; it is not disposed with the engine.</param>
    /// <param name="configure">Changes the options.</param>
    /// <exception cref="ArgumentException">An option breaks a rule that the message names.</exception>
    public static HydraBuilder UsePostgreSql(
        this HydraBuilder builder,
        NpgsqlDataSource dataSource,
        Func<PostgreSqlStoreOptions, PostgreSqlStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(dataSource);
        var options = Configure(configure);
        return builder.UseStore(setup => new PostgreSqlWorkflowStore(dataSource, options, setup.Namespace));
    }

    private static PostgreSqlStoreOptions Configure(Func<PostgreSqlStoreOptions, PostgreSqlStoreOptions>? configure)
    {
        var options = new PostgreSqlStoreOptions();
        options = configure?.Invoke(options) ?? options;
        options.Validate();
        return options;
    }
}
