using Hydra.MySql;

namespace Hydra;

/// <summary>Keeps executions in MySQL or MariaDB.</summary>
public static class HydraBuilderExtensions
{
    /// <summary>Keeps executions in a MySQL or MariaDB database, which many machines may share.</summary>
    /// <param name="builder">The engine to be.</param>
    /// <param name="connectionString">
    /// A MySqlConnector connection string, such as "Server=db;Database=orders;User ID=hydra;Password=...".
    /// </param>
    /// <param name="configure">Changes the options: <c>options => options with { TablePrefix = "flow_" }</c>.</param>
    /// <exception cref="ArgumentException">
    /// The connection string cannot be read or names no database, or an option breaks a rule.
    /// </exception>
    public static HydraBuilder UseMySql(
        this HydraBuilder builder,
        string connectionString,
        Func<MySqlStoreOptions, MySqlStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
        var options = new MySqlStoreOptions();
        options = configure?.Invoke(options) ?? options;
        options.Validate();
        return builder.UseStore(setup => new MySqlWorkflowStore(connectionString, options, setup.Namespace));
    }
}
